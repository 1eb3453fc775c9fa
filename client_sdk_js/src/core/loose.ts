/** On the way to JSON, which leaves undefined out. */
export type Loose<T> = { [K in keyof T]: T[K] | undefined };
