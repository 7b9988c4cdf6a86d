#!/bin/sh
# run.sh boots an image of Redoubt in QEMU. See --help.
#
# The one QEMU command line it makes depends on nothing but its arguments, the
# files of the image and what choose_accel looks at; --dry-run prints it, and the
# golden files of appliance/boottest/testdata hold it.
#
# Exit codes: 0 the machine ended; 1 something is missing or in the way (said in
# one sentence); 2 a wrong argument; otherwise QEMU's own.
set -eu

root=$(cd "$(dirname "$0")" && pwd)
me=run.sh

# What choose_accel looks at; tests put other files here.
KVM_DEVICE=${REDOUBT_KVM_DEVICE:-/dev/kvm}
CPUINFO=${REDOUBT_CPUINFO:-/proc/cpuinfo}
QEMU=${REDOUBT_QEMU:-qemu-system-x86_64}

usage() {
	cat <<'EOF'
usage: ./run.sh [options]

Boots a Redoubt machine in QEMU; builds the image first if there is none.
Its console comes to this terminal; Ctrl-C shuts the machine down orderly.

  -i IMAGE       image: a name of images/ or a path to a usr.img (redis-memonly)
  -m SIZE        memory, as in 512M or 2G (1G)
  -c CPUS        processors (1)
  -f HOST:GUEST  forward a port, as in 6379:6379 or 0.0.0.0:6380:6379; may be
                 repeated; the address is 127.0.0.1 unless given
                 (127.0.0.1:6379:6379)
  -a ACCEL       kvm, tcg (emulation) or auto: kvm where it works (auto)
  -d DISK        data disk: a file or block device with an ext4 file system.
                 DISK:SIZE, as in data.img:10G, makes the file if there is none
  -e DIRECTIVES  for the server, as in -e 'maxmemory 100mb maxmemory-policy
                 noeviction' or -e '--save "60 1"'; may be repeated. The names of
                 machine.conf work too: -e 'oncrash halt'
  -b METHOD      boot: direct (kernel and initramfs; fast) or disk (the usr.img
                 through the BIOS)
  --dry-run      print the QEMU command and do nothing
  --daemonize    return as soon as the machine runs in the background
  --pidfile FILE write QEMU's process id there
  --log FILE     console to a file (with --daemonize: build/IMAGE.log)
  --qmp PATH     a QMP socket there, to control the machine
  --help         this
EOF
}

# fail: what is missing or in the way. wrong: an argument that cannot be meant.
fail() { echo "$me: $*" >&2; exit 1; }
wrong() { echo "$me: $*; see ./run.sh --help" >&2; exit 2; }

image=redis-memonly memory=1G cpus=1 accel=auto disk='' boot='' forwards='' append=''
dry_run=no daemonize=no pidfile='' log='' qmp=''

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

# is_port NUMBER: 1 to 65535.
is_port() { is_number "$1" && [ "${#1}" -le 5 ] && [ "$1" -ge 1 ] && [ "$1" -le 65535 ]; }

# add_forward [ADDRESS:]HOST:GUEST
add_forward() {
	case $1 in
	*:*:*) address=${1%:*:*} ;;
	*:*) address=127.0.0.1 ;;
	*) wrong "-f wants HOST:GUEST, got '$1'" ;;
	esac
	guest=${1##*:} host=${1%:*} host=${host##*:}
	is_port "$host" && is_port "$guest" || wrong "-f wants two ports from 1 to 65535, got '$1'"
	case $address in *[!0-9.]*) wrong "-f wants an IPv4 address, got '$address'" ;; esac
	forwards="$forwards $address:$host:$guest"
}

# add_directives TEXT: names and values in turn, as on a command line; a value
# with blanks is quoted. A name may have "--" before it, and then takes all the
# words up to the next one. Each becomes redoubt.NAME=VALUE.
add_directives() {
	# The text is split by xargs, which knows quotes and expands nothing.
	# The mark before each word keeps empty ones.
	words=$(printf '%s\n' "$1" | xargs -n 1 printf '=%s\n' 2>/dev/null) ||
		wrong "-e: a quote is not closed in '$1'"
	name='' value='' dashed=no any=no
	while IFS= read -r word; do
		word=${word#=}
		case $word in
		--?*)
			end_directive
			name=${word#--} dashed=yes
			continue
			;;
		esac
		if [ -z "$name" ]; then
			name=$word
		elif [ $any = yes ]; then
			value="$value $word"
		else
			value=$word any=yes
			[ $dashed = yes ] || end_directive
		fi
	done <<EOF
$words
EOF
	end_directive
}

end_directive() {
	[ -n "$name" ] || return 0
	[ $any = yes ] || wrong "-e: '$name' has no value"
	case $name in *[!A-Za-z0-9-]*) wrong "-e: '$name' is no name of a directive" ;; esac
	# The kernel's command line has quotes, but no escape for one.
	case $value in *'"'*) wrong "-e: the value of '$name' holds a double quote, which a kernel command line cannot" ;; esac
	case $value in
	'' | *' '* | *'	'*) append="$append redoubt.$name=\"$value\"" ;;
	*) append="$append redoubt.$name=$value" ;;
	esac
	name='' value='' dashed=no any=no
}

while [ $# -gt 0 ]; do
	case $1 in
	--dry-run) dry_run=yes ;;
	--daemonize) daemonize=yes ;;
	-h | --help) usage; exit 0 ;;
	-i | -m | -c | -f | -a | -d | -e | -b | --pidfile | --log | --qmp)
		[ $# -ge 2 ] || wrong "$1 needs a value"
		case $1 in
		-i) image=$2 ;;
		-m) memory=$2 ;;
		-c) cpus=$2 ;;
		-f) add_forward "$2" ;;
		-a) accel=$2 ;;
		-d) disk=$2 ;;
		-e) add_directives "$2" ;;
		-b) boot=$2 ;;
		--pidfile) pidfile=$2 ;;
		--log) log=$2 ;;
		--qmp) qmp=$2 ;;
		esac
		shift
		;;
	*) wrong "unknown argument '$1'" ;;
	esac
	shift
done
[ -n "$forwards" ] || forwards=' 127.0.0.1:6379:6379'
case ${memory%[MmGg]} in '' | *[!0-9]*) wrong "-m wants a size as in 512M or 2G, got '$memory'" ;; esac
is_number "$cpus" && [ "$cpus" -ge 1 ] || wrong "-c wants a number of processors, got '$cpus'"
case $accel in kvm | tcg | auto) ;; *) wrong "-a wants kvm, tcg or auto, got '$accel'" ;; esac
case $boot in '' | direct | disk) ;; *) wrong "-b wants direct or disk, got '$boot'" ;; esac

# find_image sets $dir to the folder of the image, or $usr_img to a lone disk.
find_image() {
	dir='' usr_img=''
	case $image in
	*/* | *.img)
		[ -e "$image" ] || fail "there is no image $image"
		usr_img=$image dir=$(dirname "$image")
		[ -e "$dir/vmlinuz" ] && [ "$(basename "$image")" = usr.img ] || dir=''
		;;
	*)
		[ -d "$root/images/$image" ] || fail "there is no image called $image; there are: $(ls "$root/images" | tr '\n' ' ')"
		dir=$root/build/$image usr_img=$dir/usr.img
		;;
	esac
	if [ -z "$dir" ]; then
		[ -n "$boot" ] || boot=disk
		[ "$boot" = disk ] || fail "there is no kernel beside $image, so it boots only with -b disk"
	fi
	[ -n "$boot" ] || boot=direct
	if [ $boot = disk ] && [ -n "$append" ]; then
		fail "-e needs a direct boot: the command line of $usr_img is on the disk"
	fi
}

# choose_accel resolves "auto". KVM needs a device that opens and a processor
# that has the virtual-machine extensions: a virtual machine without nested
# virtualization may have a /dev/kvm that opens and still cannot run a guest.
choose_accel() {
	[ "$accel" = auto ] || return 0
	accel=tcg
	if (: <"$KVM_DEVICE" >>"$KVM_DEVICE") 2>/dev/null &&
		grep -q -w -E '^flags.*(vmx|svm)' "$CPUINFO" 2>/dev/null; then
		accel=kvm
	fi
}

# make_disk: "FILE:SIZE" makes and formats FILE if there is none; never if there
# is one.
make_disk() {
	case $disk in *:*[0-9][MmGgTt]) size=${disk##*:} disk=${disk%:*} ;; *) size='' ;; esac
	if [ -e "$disk" ] || [ $dry_run = yes ]; then return 0; fi
	[ -n "$size" ] || fail "there is no data disk $disk; -d $disk:1G makes one"
	PATH=$PATH:/usr/sbin:/sbin
	command -v mkfs.ext4 >/dev/null || fail "making a data disk needs mkfs.ext4: apt-get install e2fsprogs"
	# Only a finished disk gets the name.
	truncate -s "$size" "$disk.new" && mkfs.ext4 -q -F -L redoubt-data "$disk.new" && mv "$disk.new" "$disk" ||
		{ rm -f "$disk.new"; fail "the data disk $disk cannot be made"; }
}

# port_taken ADDRESS PORT, by the kernel's table of listening sockets.
port_taken() {
	hex=$(printf ':%04X' "$2")
	case $1 in
	0.0.0.0) want='[0-9A-F]*' ;;
	*) want=$(echo "$1" | awk -F. '{printf "(%02X%02X%02X%02X|00000000)", $4, $3, $2, $1}') ;;
	esac
	grep -q -E "^ *[0-9]+: $want$hex 00000000:0000 0A " /proc/net/tcp 2>/dev/null
}

check_ports() {
	for f in $forwards; do
		port=${f%:*} port=${port##*:} address=${f%%:*}
		port_taken "$address" "$port" &&
			fail "port $port on $address is taken (another server?); choose one with -f, as in -f 6380:6379"
	done
	return 0
}

# command_line sets "$@" through a variable of quoted words: $qemu_args.
arg() {
	for a in "$@"; do
		qemu_args="$qemu_args '$(printf %s "$a" | sed "s/'/'\\\\''/g")'"
	done
}

# option TEXT: TEXT inside of an option of QEMU's, where a comma is doubled.
option() { printf %s "$1" | sed 's/,/,,/g'; }

command_line() {
	qemu_args=''
	arg "$QEMU" -name redoubt -nodefaults -no-user-config -display none
	arg -M q35
	arg -accel "$accel" -m "$memory" -smp "$cpus"
	if [ "$accel" = kvm ]; then arg -cpu host; else arg -cpu max; fi
	netdev='user,id=net0'
	for f in $forwards; do
		guest=${f##*:}
		netdev="$netdev,hostfwd=tcp:${f%:*}-:$guest"
	done
	arg -netdev "$netdev" -device "virtio-net-pci,netdev=net0"
	arg -object rng-random,id=rng0,filename=/dev/urandom -device "virtio-rng-pci,rng=rng0"
	if [ "$boot" = disk ]; then
		arg -drive "file=$(option "$usr_img"),format=raw,if=none,id=boot,snapshot=on" -device "virtio-blk-pci,drive=boot,bootindex=0"
	else
		arg -kernel "$dir/vmlinuz" -initrd "$dir/initramfs" -append "$(cat "$dir/cmdline" 2>/dev/null || true)$append"
	fi
	if [ -n "$disk" ]; then
		arg -drive "file=$(option "$disk"),format=raw,if=none,id=data" -device "virtio-blk-pci,drive=data"
	fi
	if [ -n "$log" ]; then
		arg -chardev "file,id=console,path=$(option "$log")"
	else
		arg -chardev stdio,id=console,signal=off
	fi
	arg -serial chardev:console
	[ -z "$qmp" ] || arg -qmp "unix:$(option "$qmp"),server=on,wait=off"
	[ -z "$pidfile" ] || arg -pidfile "$pidfile"
	if [ $daemonize = yes ]; then arg -daemonize; fi
}

# deepen_backlog PID: QEMU lets two connections wait; see scripts/backlog. Without
# Perl, or where it is not allowed, that stays so.
deepen_backlog() {
	addresses=''
	for f in $forwards; do addresses="$addresses ${f%:*}"; done
	# shellcheck disable=SC2086 # a list
	"$root/scripts/backlog" "$1" $addresses 2>/dev/null || true
}

# power_button presses the machine's power button, and leaves it the time to save
# that it needs; a second signal ends it at once.
stopping=0
power_button() {
	stopping=$((stopping + 1))
	if [ $stopping -gt 1 ]; then kill -KILL "$qemu" 2>/dev/null || true; return; fi
	echo "$me: pressing the machine's power button; again to pull the plug" >&2
	send_qmp || kill "$qemu" 2>/dev/null || true
}

# send_qmp writes to QEMU's control channel, a pipe that is opened beforehand.
send_qmp() { printf '{"execute":"system_powerdown"}\n' >&3; }

find_image
choose_accel
[ -z "$disk" ] || make_disk
if [ $daemonize = yes ] && [ -z "$log" ]; then log=$root/build/$(basename "$image").log; fi
if [ $dry_run = yes ]; then
	command_line
	printf '%s\n' "${qemu_args# }"
	exit 0
fi
if ! command -v "$QEMU" >/dev/null; then
	"$root/scripts/setup" run || exit 1
	command -v "$QEMU" >/dev/null || fail "there is no $QEMU: apt-get install qemu-system-x86"
fi
check_ports
if [ ! -e "$usr_img" ]; then
	echo "$me: there is no $usr_img yet; building it" >&2
	make -C "$root" --no-print-directory image="$image" >&2 || fail "the image $image cannot be built"
fi
if [ $daemonize = yes ]; then
	wanted=$pidfile
	[ -n "$wanted" ] || pidfile=$(mktemp "${TMPDIR:-/tmp}/redoubt-pid.XXXXXX")
	command_line
	status=0
	eval "$qemu_args" || status=$?
	[ $status != 0 ] || deepen_backlog "$(cat "$pidfile")"
	[ -n "$wanted" ] || rm -f "$pidfile"
	exit $status
fi
command_line

# The control channel: a named pipe for QMP's commands; its answers go nowhere.
control=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-run.XXXXXX")
trap 'rm -rf "$control"' EXIT
mkfifo "$control/qmp.in"
ln -s /dev/null "$control/qmp.out"
exec 3<>"$control/qmp.in"
arg -chardev "pipe,id=control,path=$(option "$control")/qmp" -mon "chardev=control,mode=control"
printf '{"execute":"qmp_capabilities"}\n' >&3
trap power_button INT TERM HUP
# In the background, so that the shell can take signals meanwhile, and in a
# session of its own, so that Ctrl-C comes here and not to QEMU.
session=$(command -v setsid || true)
eval "$session $qemu_args </dev/null 3<&- &"
qemu=$!
deepen_backlog "$qemu" &
status=0
wait "$qemu" || status=$?
# A signal ends the first wait; the machine is then on its way down.
while kill -0 "$qemu" 2>/dev/null; do
	status=0
	wait "$qemu" || status=$?
done
exit "$status"
