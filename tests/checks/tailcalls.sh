#!/bin/sh
exec sh vm/check_tailcalls.sh "$@"
