/** The terminal profiles of package.json, which a test compares with them. */
export const profileIds = ['burrow.terminal.namespace', 'burrow.terminal.default'] as const;
export type ProfileId = (typeof profileIds)[number];
