#!/bin/sh
# Renders every picture of the shop from its SVG source: chromium draws, pngquant makes it small.
# Needs: chromium, pngquant, fonts-noto-cjk (for the words on og.svg). CHROMIUM=… names another browser.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
public=$here/../public
chromium=${CHROMIUM:-chromium}
limit=30720 # bytes: a picture that weighs more is a mistake
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# render SOURCE TARGET [SIDE]: SIDE draws a square source at another size.
render() {
  set -- "$1" "$2" "${3:-}" "$(sed -n '1s/.* width="\([0-9]*\)" height="\([0-9]*\)".*/\1,\2/p' "$here/$1.svg")"
  size=${3:+$3,$3}
  size=${size:-$4}
  width=${size%,*} height=${size#*,}
  sed "1s/ width=\"[0-9]*\" height=\"[0-9]*\"/ width=\"$width\" height=\"$height\"/" "$here/$1.svg" >"$work/in.svg"
  rm -f "$work/out.png"
  "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
    --force-device-scale-factor=1 --user-data-dir="$work/profile" \
    --screenshot="$work/out.png" --window-size="$size" "file://$work/in.svg" >"$work/log" 2>&1 || true
  [ -s "$work/out.png" ] || { cat "$work/log" >&2; echo "$1: chromium drew nothing" >&2; exit 1; }
  mkdir -p "$(dirname "$public/$2")"
  pngquant --force --strip --speed 1 --nofs --quality 90-100 --output "$public/$2" 128 "$work/out.png"
  bytes=$(wc -c <"$public/$2")
  printf '%-20s -> %-32s %sx%s, %s bytes\n' "$1.svg" "public/$2" "$width" "$height" "$bytes"
  [ "$bytes" -le "$limit" ] || { echo "$2: more than $limit bytes" >&2; exit 1; }
}

for cover in alex_python mjj_python lyy_linux; do render "$cover" "media/courses/$cover.png"; done
for teacher in alex mjj lyy; do render "${teacher}_icon" "media/teacher/${teacher}_icon.png"; done
for banner in rush python linux; do render "banner_$banner" "media/banner/$banner.png"; done
render icon apple-touch-icon.png 180
render icon icon-192.png 192
render icon icon-512.png 512
render og og.png
