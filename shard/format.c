#include "shard/format.h"

#include <string.h>

const char *shard_split_word(enum shard_split split)
{
    static const char *const words[SHARD_SPLITS] = {"train", "val", "test"};

    return (int)split >= 0 && split < SHARD_SPLITS ? words[split] : "?";
}

enum shard_split shard_split_from(const char *word)
{
    int i = 0;

    while (i < SHARD_SPLITS &&
           strcmp(word, shard_split_word((enum shard_split)i)) != 0)
        i++;
    return (enum shard_split)i;
}
