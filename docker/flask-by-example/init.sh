#!/bin/sh
# Make the passwords, once: secrets/dbpass and secrets/postgres_password.
#
# With SOPS_AGE_RECIPIENTS=age1... in the environment they are encrypted by sops, and so fit for a repository (`git add --force`):
# retrofit decrypts them when it deploys. For plain Compose:
#   mkdir -m 700 /dev/shm/wordcount
#   for name in dbpass postgres_password; do sops decrypt secrets/$name > /dev/shm/wordcount/$name; done
#   SECRETS=/dev/shm/wordcount docker compose up --build
set -eu
cd "$(dirname "$0")"

if [ -e secrets ]; then
  echo "secrets/ is there already: nothing done" >&2
  exit 0
fi

umask 022
# The folder keeps other users of this machine out; the containers' users read the files, which are mounted one by one.
rm -rf secrets.new
mkdir -m 700 secrets.new
for name in dbpass postgres_password; do
  # Letters and digits only: fit for an address.
  password=$(LC_ALL=C tr -dc 'A-Za-z0-9' < /dev/urandom | head -c 32)
  if [ -n "${SOPS_AGE_RECIPIENTS:-}" ]; then
    printf %s "$password" | sops encrypt --input-type binary --output-type binary --filename-override "$name" > "secrets.new/$name"
  else
    printf %s "$password" > "secrets.new/$name"
  fi
done
# All or nothing: a run that was cut off leaves no half of them.
mv secrets.new secrets
