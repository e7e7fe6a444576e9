#!/bin/bash
# fuzz.sh PROGRAM SECONDS FOLDER: every decoder reads its corpus, and then what libFuzzer makes of it, for so many seconds in
# all. FOLDER takes what came of it: found/ what a decoder cannot stand, corpus/ what led to new places, logs/.
set -eu
program=$1 seconds=$2 folder=$3
here=$(dirname "$0")
decoders=("$here"/corpus/*)
each=$((seconds / ${#decoders[@]}))
status=0
# Swift's own report of a crash gets in the sanitizer's way. Pointers in its enumerations have marks, behind which the
# search for leaks does not see.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0
mkdir -p "$folder"/{found,logs}
for corpus in "${decoders[@]}"; do
    decoder=${corpus##*/}
    mkdir -p "$folder/corpus/$decoder"
    log=$folder/logs/$decoder
    if "$program" --decoder="$decoder" -dict="$here/words.dict" -max_len=4096 -max_total_time=$((each > 0 ? each : 1)) \
        -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$folder/found/$decoder-" \
        "$folder/corpus/$decoder" "$corpus" >"$log" 2>&1; then
        echo "$decoder: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs," \
            "$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2) places"
    else
        status=1
        echo "$decoder: FOUND; again with: $program --decoder=$decoder $(sed -n 's/.*Test unit written to //p' "$log")" >&2
        grep -E 'Fatal error|ERROR|SUMMARY' "$log" >&2 || tail "$log" >&2
    fi
done
exit $status
