/** As in package.json and in tasks.json. */
export const taskType = 'burrow';
