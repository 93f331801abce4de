/* What a keeper does by one system call or two. An act gets its words, ended by NULL, and answers as the call does. */
typedef long act(char **words);

/* NULL when there is none of that name. */
act *find_act(const char *name);

/* The process is killed when the one that started it ends. */
void die_with_parent(void);
