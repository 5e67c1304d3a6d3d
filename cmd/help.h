/* SPDX-License-Identifier: MIT */
/* help.h: texts of gol help. */
#ifndef GOL_CMD_HELP_H
#define GOL_CMD_HELP_H

#include <stdbool.h>

void help_list_topics(void);
bool help_has_topic(const char *name);
/* Prints a topic to standard output. False: there is none of that name. */
bool help_topic(const char *name);
void help_packages(void);

#endif
