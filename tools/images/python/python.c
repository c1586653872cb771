/* The interpreter's main program; all else is in libpython, which Debian's own /usr/bin/python3.13 holds a second time. */
#include <Python.h>

int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }
