#!/bin/sh
# Make .env.app and .env.db with fresh secrets, once. They never go into a repository in plain text; what makes them fit for it:
# sops encrypt --input-type dotenv --output-type dotenv --in-place .env.app
set -eu
cd "$(dirname "$0")"

if [ -e .env.app ] || [ -e .env.db ]; then
  echo ".env.app or .env.db is there already: nothing done" >&2
  exit 0
fi

# Letters and digits only: fit for every format.
random() {
  LC_ALL=C tr -dc 'A-Za-z0-9' < /dev/urandom | head -c "$1"
}

umask 077
password=$(random 32)
sed -e "s/<SECRET>/$(random 50)/" -e "s/<PASSWORD>/$password/" .env.app.example > .env.app
sed -e "s/<PASSWORD>/$password/" .env.db.example > .env.db
