#!/bin/sh
# A command of qiangke beside qiangke.service: as its user, in its folder, with its settings. Install it as /usr/local/sbin/shop, and run
# it as root:
#
#   shop sale list
#   shop import - <dump.sql
#   shop backup backups/friday.db
#
# Paths are those of /var/lib/qiangke; what lies elsewhere comes by standard input, since the unit's user reads little else.
set -eu
exec systemd-run --quiet --collect --wait --pty --pipe \
	--property=DynamicUser=yes --property=User=qiangke \
	--property=StateDirectory=qiangke --property=WorkingDirectory=/var/lib/qiangke \
	--property=EnvironmentFile=-/etc/qiangke.env --setenv=LEPTOS_SITE_ROOT=/usr/share/qiangke/site \
	--property=UMask=0077 --property=LimitNOFILE=65536 \
	/usr/bin/qiangke "$@"
