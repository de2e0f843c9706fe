# SPDX-License-Identifier: GPL-2.0
# lines.jq - from what case.sh wrote as JSON to "CASE TOOL STEP KIND {...}", a line a thing

# .../CASE/TOOL/STEP/FILE
def place: input_filename | split("/") | .[-4:-1] | join(" ");

# The three rules of wg-quick's table, and what wgmarkctl says of its own, in the
# same words: which addresses are guarded, which mark is saved, what is restored
def expr(f): [.expr[]? | f // empty][0];
def wgquick_rule:
	(if .family == "ip" then "ipv4" else "ipv6" end) as $family
	| if .chain == "preraw" then
		{ $family, guard: (.expr | map(.match? | select(.left.payload?)) | .[0].right) }
	elif .chain == "premangle" then
		{ $family, restore: "conntrack" }
	else
		{ $family, save: (.expr | map(.match? | select(.left.meta?.key == "mark")) | .[0].right) }
	end;
def is_wgquick: (.table // .name // "") | startswith("wg-quick-");
def nft:
	.nftables[]
	| (.table // .chain // .rule // .set // .metainfo) as $object
	| del(.metainfo) | select(length > 0)
	| if ($object | is_wgquick) then
		.rule | select(.) | ["marks", wgquick_rule]
	elif ($object.table // $object.name | startswith("wgmark-")) then
		empty
	else
		["nft", del(.[].handle)]
	end;

def family: if contains(":") then "ipv6" else "ipv4" end;
def show:
	.[] | select(.families)
	| (.families[] as $family
		| { $family, save: .fwmark },
		  { $family, restore: .restore }),
	  (.guarded[]? | { family: family, guard: . })
	| ["marks", .];

# A line each: a link, an address, a rule, a route
def ip($v):
	.[] | select(length > 0)
	| if has("addr_info") then
		.ifname as $dev | .addr_info[]? | ["address", { $dev } + .]
	elif has("dst") then ["route-\($v)", .]
	elif has("src") then ["rule-\($v)", .]
	elif $v == "6" then empty
	else ["link", .]
	end;

inputs
| place as $place
| if input_filename | endswith("/show.json") then show
  elif type == "array" then ip(input_filename[-6:-5])
  else nft
  end
| "\($place) \(.[0]) \(.[1] | tojson)"
