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
QEMU=${REDOUBT_QEMU:-}
# UEFI firmware, when it is not where Debian has it.
UEFI=${REDOUBT_UEFI:-}

usage() {
	cat <<'EOT'
usage: ./run.sh [options]

Boots a Redoubt machine in QEMU; builds the image first if there is none.
Its console comes to this terminal; Ctrl-C shuts the machine down orderly.

  -i IMAGE       image: a name of images/ or a path to a disk: .img, .qcow2,
                 .vmdk, .vhd or .iso (redis-memonly)
  -k KERNEL      prebuilt, minimal or cloud (prebuilt)
  -A ARCH        amd64 or arm64 (amd64)
  -b METHOD      boot: direct (the kernel by QEMU; the default), bios or uefi
                 (from the disk), or microvm (direct, on QEMU's small machine)
  -m SIZE        memory, as in 512M or 2G (1G)
  -c CPUS        processors (1)
  -a ACCEL       kvm, tcg (emulation) or auto: kvm where it works (auto)
  -n NETWORK     user (a private network, with forwarded ports; the default),
                 tap=INTERFACE or bridge=BRIDGE; ",mac=ADDRESS" may follow.
                 Repeated: several interfaces
  -f HOST:GUEST  forward a port, as in 6379:6379 or 0.0.0.0:6380:6379; may be
                 repeated; the address is 127.0.0.1 unless given
                 (127.0.0.1:6379:6379)
  -p PORT        the port of 127.0.0.1 for the status page, or none (8080 or
                 the next that is free)
  -d DISK        data disk: a file or block device with an ext4 file system.
                 DISK:SIZE, as in data.img:10G, makes the file if there is none
  -e DIRECTIVES  for the server, as in -e 'maxmemory 100mb maxmemory-policy
                 noeviction' or -e '--save "60 1"'; may be repeated. The names of
                 machine.conf work too: -e 'oncrash halt'. Direct boots only
  -s SEED        configuration from a seed disk (cloud-init's NoCloud): a
                 user-data file, or a folder with user-data, meta-data and
                 network-config
  --password-file FILE  a seed disk that makes FILE's first line the password
  --fresh        a persistent image's disk as it was built, without its data
  --dry-run      print the QEMU command and do nothing
  --daemonize    return as soon as the machine runs in the background
  --pidfile FILE write QEMU's process id there
  --log FILE     console to a file (with --daemonize: build/IMAGE.log)
  --qmp PATH     a QMP socket there, to control the machine
  --help         this
EOT
}

# fail: what is missing or in the way. wrong: an argument that cannot be meant.
fail() { echo "$me: $*" >&2; exit 1; }
wrong() { echo "$me: $*; see ./run.sh --help" >&2; exit 2; }

image=redis-memonly kernel=prebuilt arch=amd64 boot='' memory=1G cpus=1 accel=auto
networks='' forwards='' admin_port='' disk='' append='' seed='' password_file='' fresh=no
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

# add_network KIND[=INTERFACE][,mac=ADDRESS]
add_network() {
	mac='' net=$1
	case $net in *,mac=*) mac=${net#*,mac=} net=${net%%,mac=*} ;; esac
	case $net in
	user) ;;
	tap=?* | bridge=?*) case ${net#*=} in *[!A-Za-z0-9._-]*) wrong "-n: '${net#*=}' is no name of an interface" ;; esac ;;
	*) wrong "-n wants user, tap=INTERFACE or bridge=BRIDGE, got '$1'" ;;
	esac
	case $mac in *[!0-9A-Fa-f:]*) wrong "-n: '$mac' is no hardware address" ;; esac
	networks="$networks $net,$mac"
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
	case $name in *[!A-Za-z0-9.:_-]*) wrong "-e: '$name' is no name of a directive" ;; esac
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
	--fresh) fresh=yes ;;
	-h | --help) usage; exit 0 ;;
	-i | -k | -A | -b | -m | -c | -a | -n | -f | -p | -d | -e | -s | --password-file | --pidfile | --log | --qmp)
		[ $# -ge 2 ] || wrong "$1 needs a value"
		case $1 in
		-i) image=$2 ;;
		-k) kernel=$2 ;;
		-A) arch=$2 ;;
		-b) boot=$2 ;;
		-m) memory=$2 ;;
		-c) cpus=$2 ;;
		-a) accel=$2 ;;
		-n) add_network "$2" ;;
		-f) add_forward "$2" ;;
		-p) admin_port=$2 ;;
		-d) disk=$2 ;;
		-e) add_directives "$2" ;;
		-s) seed=$2 ;;
		--password-file) password_file=$2 ;;
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
[ "$boot" != disk ] || boot=bios
case $kernel in prebuilt | minimal | cloud) ;; *) wrong "-k wants prebuilt, minimal or cloud, got '$kernel'" ;; esac
case $arch in amd64 | arm64) ;; *) wrong "-A wants amd64 or arm64, got '$arch'" ;; esac
case $boot in '' | direct | bios | uefi | microvm) ;; *) wrong "-b wants direct, bios, uefi or microvm, got '$boot'" ;; esac
case $arch,$boot in arm64,bios | arm64,microvm) wrong "-b $boot is for amd64 only" ;; esac
case ${memory%[MmGg]} in '' | *[!0-9]*) wrong "-m wants a size as in 512M or 2G, got '$memory'" ;; esac
is_number "$cpus" && [ "$cpus" -ge 1 ] || wrong "-c wants a number of processors, got '$cpus'"
case $accel in kvm | tcg | auto) ;; *) wrong "-a wants kvm, tcg or auto, got '$accel'" ;; esac
case $admin_port in '' | none) ;; *) is_port "$admin_port" || wrong "-p wants a port or none, got '$admin_port'" ;; esac
[ -z "$seed" ] || [ -z "$password_file" ] || wrong "-s and --password-file exclude each other: put the password into the seed"
[ -n "$networks" ] || add_network user
case "$networks" in
*' user,'*) [ -n "$forwards" ] || forwards=' 127.0.0.1:6379:6379' ;;
*) [ -z "$forwards" ] || wrong "-f needs -n user: other networks are reached by the machine's own address" ;;
esac

# find_image sets $dir to the folder of the image and $usr_img to its disk; for a
# lone disk, $dir is empty.
find_image() {
	case $image in
	*/* | *.img | *.qcow2 | *.vmdk | *.vhd | *.iso)
		[ -e "$image" ] || fail "there is no image $image"
		usr_img=$image dir=$(dirname "$image")
		[ -e "$dir/vmlinuz" ] && [ "$(basename "$image")" = usr.img ] || dir=''
		;;
	*)
		[ -d "$root/images/$image" ] || fail "there is no image called $image; there are: $(ls "$root/images" | grep -v '^kernel$' | tr '\n' ' ')"
		dir=$root/build/$image
		[ $arch = amd64 ] || dir=$dir-$arch
		[ $kernel = prebuilt ] || dir=$dir-$kernel
		usr_img=$dir/usr.img
		;;
	esac
	if [ -z "$dir" ]; then
		if [ $arch = amd64 ]; then boot=${boot:-bios}; else boot=${boot:-uefi}; fi
		case $boot in direct | microvm) fail "there is no kernel beside $image, so it boots only with -b bios or uefi" ;; esac
	fi
	boot=${boot:-direct}
	case $boot in
	bios | uefi) [ -z "$append" ] || fail "-e needs a direct boot: the command line of $usr_img is on the disk" ;;
	esac
}

# build_image makes what find_image has not found.
build_image() {
	if [ -e "$usr_img" ] || [ $dry_run = yes ]; then return 0; fi
	echo "$me: there is no $usr_img yet; building it" >&2
	set -- image="$image"
	[ $kernel = prebuilt ] || set -- "$@" kernel=$kernel
	[ $arch = amd64 ] || set -- "$@" arch=$arch
	make -C "$root" --no-print-directory "$@" >&2 || fail "the image $image cannot be built"
}

# own_disk: what a persistent image (its root is a file system on the disk) keeps,
# it keeps in a copy, so that building the image again loses nothing.
own_disk() {
	persistent=no
	[ -n "$dir" ] && [ -e "$dir/root.squashfs" ] || return 0
	persistent=yes built=$usr_img usr_img=$dir/disk.img
	[ $dry_run = no ] || return 0
	if [ ! -e "$usr_img" ] || [ $fresh = yes ]; then
		cp --sparse=always "$built" "$usr_img.new" && mv "$usr_img.new" "$usr_img" || fail "the disk $usr_img cannot be made"
	elif [ "$built" -nt "$usr_img" ]; then
		echo "$me: $usr_img is older than the image; it keeps its data and what is installed on it (--fresh: a new one)" >&2
	fi
}

# choose_accel resolves "auto". KVM needs a device that opens and a processor
# that has the virtual-machine extensions: a virtual machine without nested
# virtualization may have a /dev/kvm that opens and still cannot run a guest.
choose_accel() {
	[ "$accel" = auto ] || return 0
	accel=tcg
	if [ $arch = arm64 ]; then
		if [ "$(uname -m)" = aarch64 ] && (: <"$KVM_DEVICE" >>"$KVM_DEVICE") 2>/dev/null; then accel=kvm; fi
		return 0
	fi
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

# make_seed turns the seed into a disk, $seed_img (docs/metadata.md).
make_seed() {
	seed_img=''
	[ -n "$seed$password_file" ] || return 0
	[ -e "$seed$password_file" ] || fail "there is no $seed$password_file"
	seed_img=$temporary/seed.iso
	[ $dry_run = no ] || return 0
	set -- -o "$seed_img"
	if [ -n "$password_file" ]; then
		set -- "$@" -password-file "$(realpath "$password_file")"
	elif [ -d "$seed" ]; then
		[ -e "$seed/user-data" ] || fail "there is no user-data in $seed"
		for f in user-data meta-data network-config; do
			[ ! -e "$seed/$f" ] || set -- "$@" "-$f" "$(realpath "$seed/$f")"
		done
	else
		set -- "$@" -user-data "$(realpath "$seed")"
	fi
	"$root/scripts/setup" build || exit 1
	(cd "$root" && PATH=$PATH:/usr/local/go/bin go run ./cmd/redoubt-image seed "$@") || fail "the seed disk cannot be made"
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
		case $a in *"'"*) a=$(printf %s "$a" | sed "s/'/'\\\\''/g") ;; esac
		qemu_args="$qemu_args '$a'"
	done
}

# option TEXT: TEXT inside of an option of QEMU's, where a comma is doubled.
option() { printf %s "$1" | sed 's/,/,,/g'; }

command_line() {
	qemu_args=''
	arg "$QEMU" -name redoubt -nodefaults -no-user-config -display none
	machine_args
	arg -accel "$accel" -m "$memory" -smp "$cpus"
	network_args
	arg -object rng-random,id=rng0,filename=/dev/urandom -device "virtio-rng-$bus,rng=rng0"
	boot_args
	if [ -n "$disk" ]; then
		arg -drive "file=$(option "$disk"),format=raw,if=none,id=data" -device "virtio-blk-$bus,drive=data"
	fi
	if [ -n "$seed_img" ]; then
		arg -drive "file=$(option "$seed_img"),format=raw,if=none,id=seed,readonly=on" -device "virtio-blk-$bus,drive=seed"
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

# machine_args: the machine, and $bus, the kind of its virtio devices.
machine_args() {
	bus=pci cpu=max
	case $arch,$boot in
	# Without ACPI: under emulation, Linux finds no timer on the one that has it. A
	# reset is then how such a machine ends, as in Firecracker; its power button is
	# the key of a keyboard.
	amd64,microvm)
		# The power button is a key, and the keyboard speaks no old virtio.
		bus=device
		arg -M microvm,acpi=off,rtc=on -no-reboot -global virtio-mmio.force-legacy=false -device virtio-keyboard-device
		;;
	amd64,*) arg -M q35 ;;
	arm64,*) arg -M virt; cpu=cortex-a72 ;;
	esac
	[ "$accel" != kvm ] || cpu=host
	arg -cpu "$cpu"
}

# network_args: an interface for each -n. Hardware addresses are QEMU's own, but
# where machines meet each other: there one made of this host's name, the image
# and the interface.
network_args() {
	i=0
	for n in $networks; do
		mac=${n#*,} net=${n%%,*}
		case $net in
		user)
			netdev="user,id=net$i"
			for f in $forwards; do netdev="$netdev,hostfwd=tcp:${f%:*}-:${f##*:}"; done
			forwards_done=$forwards forwards=''
			;;
		tap=*) netdev="tap,id=net$i,ifname=${net#*=},script=no,downscript=no" ;;
		bridge=*) netdev="bridge,id=net$i,br=${net#*=}" ;;
		esac
		if [ -z "$mac" ] && [ "$net" != user ]; then
			mac=$(echo "$(uname -n) $usr_img $i $net" | cksum | awk '{printf "52:54:01:%02x:%02x:%02x", $1 % 256, $1 / 256 % 256, $1 / 65536 % 256}')
		fi
		arg -netdev "$netdev" -device "virtio-net-$bus,netdev=net$i${mac:+,mac=$mac}"
		i=$((i + 1))
	done
	forwards=${forwards_done:-}
}

# boot_args: the kernel, or the disk that has it.
boot_args() {
	case $boot in
	direct | microvm)
		arg -kernel "$(kernel_file)"
		[ ! -e "$dir/initramfs" ] || arg -initrd "$dir/initramfs"
		arg -append "$(cat "$dir/cmdline" 2>/dev/null || true)$(emulated)$append"
		[ $persistent = yes ] || return 0
		;;
	uefi) arg -bios "$UEFI" ;;
	esac
	file=$(option "$usr_img")
	case $usr_img in
	*.qcow2) drive="file=$file,format=qcow2" ;;
	*.vmdk) drive="file=$file,format=vmdk" ;;
	*.vhd) drive="file=$file,format=vpc" ;;
	*.iso)
		arg -drive "file=$file,format=raw,media=cdrom,if=none,id=boot"
		arg -device virtio-scsi-pci -device scsi-cd,drive=boot,bootindex=0
		return 0
		;;
	*) drive="file=$file,format=raw" ;;
	esac
	# The disk of a build stays as it was built; any other is the machine's own.
	if [ -n "$dir" ] && [ $persistent = no ]; then drive="$drive,snapshot=on"; fi
	bootindex=''
	case $boot in bios | uefi) bootindex=,bootindex=0 ;; esac
	arg -drive "$drive,if=none,id=boot" -device "virtio-blk-$bus,drive=boot$bootindex"
}

# emulated prints what saves an emulated microvm the calibration of clocks that it
# does not have (0.2 s), and one of a single processor the removal of its locks.
emulated() {
	[ "$accel" = tcg ] && [ $arch = amd64 ] || return 0
	[ "$boot" != microvm ] || printf ' lpj=3000000 nolapic_timer'
	[ "$cpus" != 1 ] || printf ' noreplace-smp'
}

# kernel_file prints the kernel for a direct boot: vmlinux if there is one, which
# does not have to unpack itself.
kernel_file() {
	if [ -e "$dir/vmlinux" ]; then echo "$dir/vmlinux"; else echo "$dir/vmlinuz"; fi
}

# find_uefi sets $UEFI to a firmware.
find_uefi() {
	[ "$boot" = uefi ] && [ -z "$UEFI" ] || return 0
	for f in $(if [ $arch = amd64 ]; then echo /usr/share/OVMF/OVMF.fd /usr/share/ovmf/OVMF.fd; else echo /usr/share/qemu-efi-aarch64/QEMU_EFI.fd /usr/share/AAVMF/AAVMF_CODE.fd; fi); do
		UEFI=${UEFI:-$f}
		if [ -e "$f" ]; then UEFI=$f; return 0; fi
	done
	[ $dry_run = yes ] || "$root/scripts/setup" uefi || exit 1
}

# choose_admin_port forwards the status page's port.
choose_admin_port() {
	note=''
	case "$networks" in *' user,'*) ;; *) return 0 ;; esac
	[ "$admin_port" != none ] || return 0
	if [ -z "$admin_port" ]; then
		admin_port=8080
		while [ $dry_run = no ] && [ $admin_port -lt 8180 ] && port_taken 127.0.0.1 $admin_port; do
			admin_port=$((admin_port + 1))
		done
		[ $admin_port = 8080 ] || note="port 8080 is taken; the status page is at http://127.0.0.1:$admin_port/"
	fi
	forwards="$forwards 127.0.0.1:$admin_port:8080"
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
send_qmp() {
	if [ "$boot" = microvm ]; then
		printf '{"execute":"send-key","arguments":{"keys":[{"type":"qcode","data":"power"}]}}\n' >&3
	else
		printf '{"execute":"system_powerdown"}\n' >&3
	fi
}

case $arch in amd64) QEMU=${QEMU:-qemu-system-x86_64} ;; arm64) QEMU=${QEMU:-qemu-system-aarch64} ;; esac
find_image
choose_accel
find_uefi
choose_admin_port
[ -z "$disk" ] || make_disk
if [ $daemonize = yes ] && [ -z "$log" ]; then log=$root/build/$(basename "$image").log; fi
temporary=${TMPDIR:-/tmp}/redoubt-run
if [ $dry_run = yes ]; then
	own_disk
	make_seed
	command_line
	printf '%s\n' "${qemu_args# }"
	exit 0
fi
if ! command -v "$QEMU" >/dev/null; then
	if [ $arch = amd64 ]; then "$root/scripts/setup" run || exit 1; else "$root/scripts/setup" arm64 || exit 1; fi
	command -v "$QEMU" >/dev/null || fail "there is no $QEMU: apt-get install qemu-system"
fi
check_ports
[ -z "$note" ] || echo "$me: $note" >&2
build_image
own_disk
temporary=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-run.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
make_seed
if [ $daemonize = yes ]; then
	wanted=$pidfile
	[ -n "$wanted" ] || pidfile=$temporary/pid
	command_line
	status=0
	eval "$qemu_args" || status=$?
	[ $status != 0 ] || deepen_backlog "$(cat "$pidfile")"
	exit $status
fi
command_line

# The control channel: a named pipe for QMP's commands; its answers go nowhere.
control=$temporary
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
