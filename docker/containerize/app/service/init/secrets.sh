# secret NAME...: sets each variable NAME from the file that NAME_FILE names, where it names one.
secret() {
  local name file
  for name; do
    file="${name}_FILE"
    file="${!file:-}"
    [ -n "$file" ] || continue
    if [ -n "${!name:-}" ]; then
      echo "$name: set, and ${name}_FILE too. Set one of them." >&2
      exit 1
    fi
    if [ ! -r "$file" ]; then
      echo "${name}_FILE: user $(id -u) cannot read the file $file. Mount the secret readable for this user." >&2
      exit 1
    fi
    printf -v "$name" '%s' "$(cat "$file")"
  done
}
