import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../common/database';

const derive = promisify<string, string, number, Buffer>(scrypt);

export interface User {
  id: string;
  email: string;
  tenant_id: string;
  /** `salt:key`, scrypt, hex. */
  password_hash: string;
}

const COLUMNS = 'id, email, tenant_id, password_hash';
/** Compared with when nobody has the address, so that the answer takes as long. */
const NOBODY = `${'0'.repeat(32)}:${'0'.repeat(64)}`;

@Injectable()
export class UsersService {
  constructor(@Inject(Database) private readonly database: Database) {}

  async byId(id: string): Promise<User | undefined> {
    const rows = await this.database.query<User>(`SELECT ${COLUMNS} FROM users WHERE id = $1`, [id]);
    return rows[0];
  }

  /** The user with this address and password, else nobody. */
  async byPassword(email: string, password: string): Promise<User | undefined> {
    const [user] = await this.database.query<User>(`SELECT ${COLUMNS} FROM users WHERE email = $1`, [email]);
    const right = await matches(password, user?.password_hash ?? NOBODY);
    return right ? user : undefined;
  }
}

async function matches(password: string, hash: string): Promise<boolean> {
  const [salt = '', key = ''] = hash.split(':');
  const wanted = Buffer.from(key, 'hex');
  return timingSafeEqual(wanted, await derive(password, salt, wanted.length));
}

/** What is stored of a password. */
export async function hashed(password: string, salt: string): Promise<string> {
  return `${salt}:${(await derive(password, salt, 32)).toString('hex')}`;
}
