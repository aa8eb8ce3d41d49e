#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# headers.sh SRC CC... - every header under SRC compiles when it is the only one that is included
#
# A header that leans on what its includer happened to include before breaks the next one who uses it.
set -u
src=$1
shift
failed=0
seen=0
for header in $(cd "$src" && find . -name '*.h' ! -name banned.h | sort); do
	seen=$((seen + 1))
	if ! printf '#include "%s"\n' "${header#./}" |
		"$@" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-pragma-once-outside-header \
			-I "$src" -I "$src/.." -fsyntax-only -x c -; then
		echo "'$header' does not compile alone"
		failed=1
	fi
done
[ "$seen" -gt 0 ] || { echo "no headers in '$src'"; failed=1; }
exit "$failed"
