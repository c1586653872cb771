"""Makes of Debian's Python 3.13 a tree for /usr/local in /relocated, laid out as upstream's `make install` does."""

import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig

TO = pathlib.Path("/relocated")
PYTHON = "python3.13"
MACHINE = sysconfig.get_config_var("MULTIARCH")
STDLIB = TO / "lib" / PYTHON
LIBRARY = "libpython3.13.so.1.0"
# Of no use to an application: static libraries, tests, and what Debian adds.
UNWANTED = [
    "EXTERNALLY-MANAGED", "_distutils_system_mod.py", "sitecustomize.py", "test", "**/__pycache__",
    "lib-dynload/_test*", "lib-dynload/_ctypes_test*", "lib-dynload/_xx*", "lib-dynload/xx*", "config-*/libpython*",
]


def main():
    shutil.copytree(f"/usr/lib/{PYTHON}", STDLIB, symlinks=True, ignore_dangling_symlinks=True)
    for pattern in UNWANTED:
        for path in glob.glob(pattern, root_dir=STDLIB, recursive=True):
            remove(STDLIB / path)
    shutil.copytree(f"/usr/include/{PYTHON}", TO / "include" / PYTHON)
    shutil.copy(f"/usr/include/{MACHINE}/{PYTHON}/pyconfig.h", TO / "include" / PYTHON)
    shutil.copy(f"/usr/lib/{MACHINE}/{LIBRARY}", TO / "lib")
    (TO / "lib" / "libpython3.13.so").symlink_to(LIBRARY)
    site_packages()
    configuration()
    programs()


def site_packages():
    (STDLIB / "site-packages").mkdir()
    # The site module that is frozen into libpython looks for Debian's name only.
    (STDLIB / "dist-packages").symlink_to("site-packages")
    edit(STDLIB / "sysconfig/__init__.py", r"prefix_scheme = 'posix_local'", "prefix_scheme = 'posix_prefix'")
    edit(STDLIB / "site.py", r"\"dist-packages\"", '"site-packages"')


def configuration():
    """Paths as if configured with --prefix=/usr/local."""
    data = STDLIB / f"_sysconfigdata__linux_{MACHINE}.py"
    moved = [
        (rf"/usr/lib/{MACHINE}/{PYTHON}", f"/usr/local/lib/{PYTHON}"),
        (rf"/usr/lib/{MACHINE}", "/usr/local/lib"),
        (r"/usr/(lib/python|include|share/man|bin/python)", r"/usr/local/\1"),
        (r"'(BINDIR|SCRIPTDIR|datarootdir)': '/usr/", r"'\1': '/usr/local/"),
        (r"'(prefix|exec_prefix)': '/usr'", r"'\1': '/usr/local'"),
        (r"'WHEEL_PKG_DIR': .*,", "'WHEEL_PKG_DIR': None,"),
        (rf"'{MACHINE}-(gcc|g\+\+|ar)\b", r"'\1"),
    ]
    for pattern, replacement in moved:
        edit(data, pattern, replacement)
    for name in ["python-3.13", "python-3.13-embed"]:
        target = TO / "lib/pkgconfig" / f"{name}.pc"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(f"/usr/lib/{MACHINE}/pkgconfig/{name}.pc", target)
        edit(target, "^prefix=/usr$", "prefix=/usr/local")
        if "embed" in name:
            edit(target, "^libdir=.*", "libdir=${exec_prefix}/lib")
        edit(target, rf" -I\${{includedir}}/{MACHINE}/{PYTHON}", "", must=False)
        target.with_name(name.replace("3.13", "3") + ".pc").symlink_to(target.name)


def programs():
    folder = TO / "bin"
    folder.mkdir()
    subprocess.run(
        ["gcc", "-O2", f"-I/usr/include/{PYTHON}", "/python.c", "-o", folder / PYTHON, "-lpython3.13"], check=True
    )
    config = folder / f"{PYTHON}-config"
    shutil.copy(f"/usr/bin/{MACHINE}-{PYTHON}-config", config)
    edit(config, '^prefix="/usr"$', 'prefix="/usr/local"')
    edit(config, rf"/usr/lib/{MACHINE}", "/usr/local/lib")
    edit(config, rf"\$includedir/{MACHINE}/python\S*|-I\$includedir/{MACHINE}\S*", "", must=False)
    edit(config, '^PY_ENABLE_SHARED="0"', 'PY_ENABLE_SHARED="1"', must=False)
    shutil.copy("/usr/bin/pydoc3.13", folder)
    edit(folder / "pydoc3.13", r"^#!.*", "#!/usr/local/bin/python3.13")
    for link, target in [
        ("python3", PYTHON), ("python", "python3"), ("python3-config", config.name), ("python-config", "python3-config"),
        ("pydoc3", "pydoc3.13"), ("pydoc", "pydoc3"),
    ]:
        (folder / link).symlink_to(target)


def edit(path, pattern, replacement, must=True):
    """Replaces every match; none means that Debian's Python has changed."""
    text, count = re.subn(pattern, replacement, path.read_text(), flags=re.MULTILINE)
    if must and count == 0:
        sys.exit(f"{path}: nothing matches {pattern}")
    path.write_text(text)


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        os.unlink(path)


main()
