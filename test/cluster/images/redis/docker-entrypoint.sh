#!/bin/sh
# As the entry points of the Redis and Valkey images: options and a configuration file go to the server, all else is run.
case "${1-}" in
  -* | *.conf) exec valkey-server "$@" ;;
  *) exec "$@" ;;
esac
