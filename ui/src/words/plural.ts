// Numbers with their nouns, and sentences.

export const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** What the program says of a state, as a sentence begins. */
export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
