/** Old output of a terminal without the questions in it that a terminal answers. */
export const withoutQueries = (text: string): string => text;
