# SPDX-License-Identifier: GPL-2.0
# compare.awk DIFFERENCES LINES - write to CASE/rest what wg-quick and wgmarkctl do
# not have in common ("-" only wg-quick, "+" only wgmarkctl) and DIFFERENCES does not
# list, for each case of LINES, of lines.jq and lines.awk
#
# -v used=FILE   names of entries that were needed are added to it
#
# An entry is applied only to lines that the other side has not.

function fail(text) {
	print "differences: " text
	exit 1
}

function entry(line,    key) {
	if (line ~ /^\[.*\]$/) {
		entries++
		name[entries] = substr(line, 2, length(line) - 2)
		cases[entries] = lines[entries] = "."
		return
	}
	if (line ~ /^(#|$)/)
		return
	key = line
	sub(/[ \t].*/, "", key)
	sub(/^[^ \t]*[ \t]*/, "", line)
	if (key == "because")
		because[entries] = 1
	else if (key == "cases")
		cases[entries] = "^(" line ")$"
	else if (key == "lines")
		lines[entries] = line
	else if (key == "wg-quick" || key == "wgmarkctl")
		rule(key == "wg-quick" ? 1 : 2, line)
	else if (key != "")
		fail("unknown key " key)
}

# drop REGEX, or REGEX => TEXT
function rule(side, line,    at) {
	rules++
	of[rules] = entries
	on[rules] = side
	at = index(line, " => ")
	drop[rules] = !at
	regex[rules] = at ? substr(line, 1, at - 1) : line
	text[rules] = at ? substr(line, at + 4) : ""
	sub(/^drop /, "", regex[rules])
	if (text[rules] == "(nothing)")
		text[rules] = ""
}

# What both have goes
function cancel(    i, j) {
	for (i = 1; i <= n[1]; i++)
		count[line[1, i]]++
	for (i = j = 1; i <= n[2]; i++) {
		if (count[line[2, i]] > 0)
			count[line[2, i]]--
		else
			line[2, j++] = line[2, i]
	}
	n[2] = j - 1
	for (i = n[1]; i >= 1; i--) {
		if (count[line[1, i]] > 0) {
			count[line[1, i]]--
			keep[i] = 1
		}
	}
	for (i = j = 1; i <= n[1]; i++) {
		if (keep[i])
			line[1, j++] = line[1, i]
		delete keep[i]
	}
	n[1] = j - 1
	for (i in count)
		delete count[i]
}

function apply(r,    i, j, s) {
	s = on[r]
	for (i = j = 1; i <= n[s]; i++) {
		line[s, j] = line[s, i]
		if (line[s, i] ~ lines[of[r]] && line[s, i] ~ regex[r]) {
			needed[of[r]] = 1
			if (drop[r])
				continue
			gsub(regex[r], text[r], line[s, j])
		}
		j++
	}
	n[s] = j - 1
}

FNR == 1 { file++ }
file == 1 {
	entry($0)
	next
}
{
	case = $1
	side = $2 == "wg-quick" ? 1 : 2
	sub(/^[^ ]* [^ ]* /, "")
	all[case, side, ++total[case, side]] = $0
	known[case]
	seen[case, side, $1]
}

# Of a verb that only one of them came to, it is enough to say that
function is_telling(case, side, line,    word) {
	split(line, word, " ")
	return (case, 3 - side, word[1]) in seen || word[2] == "status"
}

function compare(case,    r, s, i) {
	for (s = 1; s <= 2; s++) {
		n[s] = total[case, s]
		for (i = 1; i <= n[s]; i++)
			line[s, i] = all[case, s, i]
	}
	cancel()
	for (r = 1; r <= rules; r++) {
		if (case !~ cases[of[r]])
			continue
		apply(r)
		if (of[r] != of[r + 1])
			cancel()
	}
	for (s = 1; s <= 2; s++)
		for (i = 1; i <= n[s]; i++)
			if (is_telling(case, s, line[s, i]))
				print s == 1 ? "-" : "+", line[s, i] >(case "/rest")
	close(case "/rest")
}

END {
	for (e = 1; e <= entries; e++) {
		if (!because[e])
			fail("the entry " name[e] " has no reason")
	}
	for (case in known)
		compare(case)
	for (e in needed)
		print name[e] >>used
}
