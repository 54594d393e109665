/** A room's name and whose it is. */
export interface Room {
  name: string;
  tenantId: string;
}

const NAME = /^tenant:([a-z0-9-]{1,40}):[a-z0-9-]{1,40}$/;

/** Reads `tenant:<tenant>:<topic>`; a name without a tenant is no room. */
export function roomOf(name: unknown): Room | undefined {
  const tenantId = typeof name === 'string' ? NAME.exec(name)?.[1] : undefined;
  return tenantId === undefined ? undefined : { name: name as string, tenantId };
}
