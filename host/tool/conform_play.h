#pragma once
struct conform_file {
    const char *name, *text;
};
extern const struct conform_file conform_files[];
