# SPDX-License-Identifier: GPL-2.0
# lines.awk - as lines.jq, of what is text; KIND is the file's name. Where the
# order counts (KIND.numbered.text) each line has its number.

FNR == 1 {
	n = split(FILENAME, path, "/")
	place = path[n - 3] " " path[n - 2] " " path[n - 1]
	kind = path[n]
	numbered = sub(/\.numbered\.text$/, "", kind)
	sub(/\.text$/, "", kind)
}

kind == "status" { $0 = ($0 ? "failed " $0 : "0") }
{ print place, kind, numbered ? sprintf("%03d ", FNR) $0 : $0 }
