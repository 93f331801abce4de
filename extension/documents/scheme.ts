/** Of the addresses of Burrow's documents. */
export const scheme = 'burrow';
