#!/bin/sh
# Makes the videos of the demo's lessons: seed/lessons/*.mp4 (H.264, its index first, no sound). Needs: ffmpeg, fonts-dejavu-core.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=$here/../seed/lessons
limit=307200 # bytes: a video that weighs more is a mistake
seconds=30
size=640x360
paper=0xfaf6ee
ink=0x211d18
accent=0xc9341a
line=0xe0d7c7
fonts=/usr/share/fonts/truetype/dejavu
mono=$fonts/DejaVuSansMono.ttf
bold=$fonts/DejaVuSansMono-Bold.ttf

# film NAME FILTERS
film() {
  ffmpeg -nostdin -loglevel error -y -f lavfi -i "color=c=$paper:s=$size:r=10:d=$seconds" -vf "$2,format=yuv420p" \
    -c:v libx264 -preset veryslow -crf 30 -g 50 -threads 1 -map_metadata -1 -fflags +bitexact -flags:v +bitexact -movflags +faststart \
    "$target/$1.mp4"
  bytes=$(wc -c <"$target/$1.mp4")
  printf '%-24s %s bytes\n' "seed/lessons/$1.mp4" "$bytes"
  [ "$bytes" -le "$limit" ] || { echo "$1: more than $limit bytes" >&2; exit 1; }
}

# The eight bits of a number that is an expression of the second T, and the number itself.
bits() {
  number=$1
  place=0
  filters=
  while [ "$place" -lt 8 ]; do
    x=$((580 - place * 72))
    worth=$((1 << place))
    filters=$filters"drawbox=x=$((x - 40)):y=110:w=64:h=64:color=$line:t=fill,"
    filters=$filters"drawbox=x=$((x - 40)):y=110:w=64:h=64:color=$accent:t=fill:enable='mod(floor(($number)/$worth),2)',"
    filters=$filters"drawtext=fontfile=$mono:text='$worth':fontsize=18:fontcolor=$ink:x=$((x - 8))-text_w/2:y=190,"
    place=$((place + 1))
  done
  value=$(printf '%s' "$number" | sed 's/,/\\,/g')
  printf '%s' "${filters}drawtext=fontfile=$bold:text='%{eif\\:$value\\:d}':fontsize=64:fontcolor=$ink:x=(w-text_w)/2:y=240"
}

# shown FROM LINE TEXT: a line of a terminal, from a second on.
shown() {
  printf "drawtext=fontfile=%s:text='%s':fontsize=20:fontcolor=%s:x=32:y=%s:enable='gte(t,%s)'" "$mono" "$3" "$ink" "$((30 + $2 * 38))" "$1"
}

mkdir -p "$target"
film counting "$(bits 'floor(t)')"
film doubling "$(bits 'pow(2,mod(floor(t/3),8))')"
film setup "$(shown 1 0 '$ sudo apt install python3-venv'),$(shown 6 1 '$ python3 -m venv course'),$(shown 11 2 '$ . course/bin/activate'),$(shown 16 3 '(course) $ python --version'),$(shown 18 4 'Python 3.11.2'),$(shown 22 5 '(course) $ python hello.py'),$(shown 24 6 'Hello')"
