# The boot loader of the disk image: from the BIOS to the Linux kernel.
#
# It is assembled into boot.bin, which is committed, so that building an image
# needs no assembler; TestBootBinIsAssembledFromSource keeps the two together:
#
#     as --32 -o boot.o boot.S && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o boot.bin boot.o
#
# Layout on the disk, and where it runs (package appliance/slot draws the whole disk)
#
#     LBA 0        stage 1, 440 bytes at 0x7c00; then the partition table
#     LBA 512..518 stage 2 at 0x7e00, straight behind stage 1
#     LBA 544, 552 the boot state, one sector each; see package slot for its bytes
#
# On a CD (El Torito, no emulation) the BIOS loads stage 1 and 2 in one piece. The
# image builder then sets the number of sectors in dap_stage2 to 0, and the places
# of the boot state to where they are on the CD, still in sectors of 512 bytes.
#
# The parameter block (little endian, offsets from 0x7e00)
#
#     +0   "RDBT"            +4   version, 2
#     +8   boot state: LBA   +12  its second copy: LBA
#
# Which slot boots (package slot has the whole story)
#
#     the active one, if it is good, or on trial with tries left: one is taken, and
#     that is written before anything else is read; else the other one, if it is
#     good; else the active one all the same, since that may be better than nothing.
#     What fails while a slot on trial is loaded resets the machine, so that the
#     tries run out; what fails with a good one is said, and the machine stands still.
#
# Memory while loading (the Linux/x86 boot protocol, "16-bit" entry)
#
#     0x07000  stack, downwards from 0x7c00
#     0x07c00  this program
#     0x09000  the two copies of the boot state
#     0x20000  bounce buffer of one read, 32 KiB and up to two sectors of 4 KiB
#     0x90000  the kernel's setup code, and its heap up to 0x9e000
#     0x9e000  the command line
#     0x100000 the kernel proper
#     top      the initramfs, at the end of the memory that holds 16 MiB, but
#              below 2 GiB, where every kernel can reach it
#
# A read goes to the bounce buffer through the BIOS (INT 13h, function 42h: LBA)
# and from there above 1 MiB by a 32-bit copy. For the copy the segment limits
# are lifted by a short visit to protected mode ("unreal mode"). That is done
# anew before each copy, because the BIOS may restore the limits.

        .intel_syntax noprefix
        .code16
        .text
        .globl _start

        .set BOUNCE_SEG,   0x2000
        .set BOUNCE,       0x20000
        .set CHUNK,        64               # sectors in one read: 32 KiB
        .set SETUP_SEG,    0x9000
        .set SETUP,        0x90000
        .set CMDLINE,      0x9e000
        .set KERNEL,       0x100000
        .set KERNEL_START, 0x1000000        # where the kernel unpacks itself
        .set TOP_MAX,      0x7ff00000
        .set COM1,         0x3f8

# The boot state: offsets in its sector, and in one of its slots.
        .set STATE,        0x9000           # first copy; the second follows
        .set S_SLOTS,      6
        .set S_ACTIVE,     7
        .set S_GENERATION, 8
        .set S_FIRST,      16
        .set S_SIZE,       112
        .set S_SUM,        508
        .set CONDITION,    0
        .set TRIES,        1
        .set FILES,        8
        .set TRIAL,        1
        .set GOOD,         2

# Offsets in the kernel's setup header.
        .set H_SETUP_SECTS,  0x1f1
        .set H_MAGIC,        0x202
        .set H_VERSION,      0x206
        .set H_LOADER,       0x210
        .set H_LOADFLAGS,    0x211
        .set H_RAMDISK,      0x218
        .set H_RAMDISK_SIZE, 0x21c
        .set H_HEAP_END,     0x224
        .set H_CMDLINE,      0x228
        .set H_INIT_SIZE,    0x260

# ---------------------------------------------------------------- stage 1

_start:
        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00
        sti
        cld
        jmp     0:start1                    # some BIOSes start at 07c0:0000
start1:
        mov     [drive], dl
        mov     ah, 0x41                    # has the BIOS LBA reads?
        mov     bx, 0x55aa
        int     0x13
        jc      no_lba
        cmp     bx, 0xaa55
        jne     no_lba
        cmp     word ptr [dap_stage2+2], 0  # loaded with stage 1, from a CD
        je      1f
        mov     si, offset dap_stage2
        mov     dl, [drive]
        mov     ah, 0x42
        int     0x13
        jc      read_failed
1:      cmp     dword ptr [params], 0x54424452   # "RDBT"
        jne     damaged
        jmp     stage2

no_lba:
        mov     si, offset msg_no_lba
        jmp     die
read_failed:
        mov     si, offset msg_read
        jmp     die
damaged:
        mov     si, offset msg_damaged
        # falls through

# die: prints the text at DS:SI and stops for good; or, while a slot on trial is
# loaded, lets the machine begin anew.
die:
        push    si
        mov     si, offset msg_name
        call    print
        pop     si
        call    print
        cmp     byte ptr [on_trial], 0
        jne     retry
1:      hlt
        jmp     1b

# print: writes the text at DS:SI to the screen and to the first serial port.
print:
        lodsb
        test    al, al
        jz      2f
        push    si
        push    ax
        mov     bx, 7
        mov     ah, 0x0e
        int     0x10
        pop     ax
        mov     ah, al
        mov     cx, 0xffff                  # a port that is not there must not stop us
        mov     dx, COM1+5
1:      in      al, dx
        test    al, 0x20
        loopz   1b
        mov     dx, COM1
        mov     al, ah
        out     dx, al
        pop     si
        jmp     print
2:      ret

drive:       .byte 0x80
on_trial:    .byte 0                        # in stage 1: it is read before stage 2 is there

msg_name:    .asciz "\r\nredoubt boot: "
msg_no_lba:  .asciz "this BIOS cannot read disks by block number\r\n"
msg_read:    .asciz "the disk cannot be read\r\n"
msg_damaged: .asciz "the boot loader on this disk is damaged\r\n"

        .org    424, 0x00                   # here the image builder finds it
dap_stage2:  .byte 16, 0
             .word 7, 0x7e00, 0
             .quad 512

        .org    440, 0x00                   # disk signature and partition table
        .org    510, 0x00
        .word   0xaa55

# ---------------------------------------------------------------- stage 2

params:      .ascii "RDBT"
             .long 2
state_lba:   .long 544, 552

stage2:
        mov     ax, 0x2401                  # A20 line on; SeaBIOS has it on already
        int     0x15
        call    ask_sector_size
        call    read_state
        call    choose_slot
        call    take_try
        call    load_setup
        call    find_top
        call    load_rest
        call    load_cmdline
        call    load_initrd

# Start the kernel's setup code as the boot protocol wants it: all data segments
# at the setup code, the stack below the heap's end.
        cli
        mov     ax, SETUP_SEG
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     sp, 0xe000
        jmp     (SETUP_SEG+0x20):0

# ask_sector_size: how many of our sectors are one of the drive's: 1 on disks, 4 on
# CDs. A BIOS that does not say has 1.
ask_sector_size:
        mov     word ptr [drive_info], 30
        mov     si, offset drive_info
        mov     dl, [drive]
        mov     ah, 0x48
        int     0x13
        jc      1f
        mov     ax, [drive_info+24]         # bytes
        shr     ax, 9
        jz      1f
        cmp     ax, 8
        ja      1f
        mov     [ratio], ax
1:      ret

# read_state: both copies to STATE; BP is the newer valid one afterwards.
read_state:
        xor     bp, bp
        xor     bx, bx
1:      push    bx
        push    bp
        mov     eax, [state_lba+bx]
        mov     ecx, 1
        call    read
        mov     di, bx
        shl     di, 7                       # 4 to 512
        add     di, STATE
        mov     edx, edi
        push    edx
        movzx   edi, di
        call    copy
        pop     edx
        pop     bp
        mov     si, dx
        cmp     dword ptr [si], 0x53424452  # "RDBS"
        jne     2f
        push    si
        call    crc32
        pop     si
        cmp     eax, [si+S_SUM]
        jne     2f
        test    bp, bp
        jz      3f
        mov     eax, [si+S_GENERATION]
        cmp     eax, ds:[bp+S_GENERATION]
        jbe     2f
3:      mov     bp, si
2:      pop     bx
        add     bx, 4
        cmp     bx, 8
        jb      1b
        test    bp, bp
        jz      damaged
        mov     [state], bp
        ret

# crc32: of the 508 bytes at SI, to EAX.
crc32:
        mov     eax, -1
        mov     cx, S_SUM
1:      xor     al, [si]
        inc     si
        mov     bl, 8
2:      shr     eax, 1
        jnc     3f
        xor     eax, 0xedb88320
3:      dec     bl
        jnz     2b
        loop    1b
        not     eax
        ret

# slot_at: the record of slot AL, to BX.
slot_at:
        mov     bl, S_SIZE
        mul     bl
        mov     bx, ax
        add     bx, [state]
        add     bx, S_FIRST
        ret

# choose_slot: leaves its number in [slot] and its record in [record].
choose_slot:
        mov     si, [state]
        mov     al, [si+S_ACTIVE]
        mov     [slot], al
        call    slot_at
        cmp     byte ptr [bx+CONDITION], GOOD
        je      1f
        cmp     byte ptr [bx+CONDITION], TRIAL
        jne     2f
        cmp     byte ptr [bx+TRIES], 0
        jne     1f
2:      cmp     byte ptr [si+S_SLOTS], 2
        jne     1f
        mov     al, [slot]
        xor     al, 1
        push    bx
        call    slot_at
        pop     dx
        cmp     byte ptr [bx+CONDITION], GOOD
        jne     3f
        xor     byte ptr [slot], 1
        push    bx
        mov     si, offset msg_back
        call    print
        pop     bx
        jmp     1f
3:      mov     bx, dx
1:      mov     [record], bx
        lea     si, [bx+FILES]              # where its files are
        mov     di, offset kernel_lba
        mov     cx, 6
        rep movsd
        mov     al, 'a'
        add     al, [slot]
        mov     [msg_slot], al
        mov     si, offset msg_loading
        jmp     print

# take_try: a slot on trial has one try less from now on. The state goes over the
# older copy, so that a power cut leaves one.
take_try:
        mov     bx, [record]
        cmp     byte ptr [bx+CONDITION], TRIAL
        jne     1f
        cmp     byte ptr [bx+TRIES], 0
        je      1f
        mov     byte ptr [on_trial], 1
        cmp     word ptr [ratio], 1
        jne     1f                          # a CD is not written to
        dec     byte ptr [bx+TRIES]
        mov     si, [state]
        inc     dword ptr [si+S_GENERATION]
        push    si
        call    crc32
        pop     si
        mov     [si+S_SUM], eax
        mov     eax, [state_lba]            # the copy that it was not read from
        cmp     si, STATE
        jne     2f
        mov     eax, [state_lba+4]
2:      mov     [dap_lba], eax
        mov     word ptr [dap_count], 1
        mov     [dap_offset], si
        mov     word ptr [dap_segment], 0
        mov     si, offset dap
        mov     dl, [drive]
        mov     ax, 0x4300                  # write, do not verify
        int     0x13
        mov     word ptr [dap_offset], 0
        mov     word ptr [dap_segment], BOUNCE_SEG
        mov     si, offset msg_write
        jc      print_only                  # it boots all the same
1:      ret
print_only:
        jmp     print

# retry: waits, so that the reason can be read, and resets the machine.
retry:
        mov     si, offset msg_retry
        call    print
        mov     cx, 0x2d                    # 0x2dc6c0 microseconds: 3 s
        mov     dx, 0xc6c0
        mov     ah, 0x86
        int     0x15
        mov     dx, 0xcf9                   # the chipset's reset register
        mov     al, 6
        out     dx, al
        mov     al, 0xfe                    # the keyboard controller's reset line
        out     0x64, al
        lidt    [no_idt]                    # a fault without a handler
        int3
1:      hlt
        jmp     1b

# load_setup: the kernel's first sectors to SETUP. Leaves their number in
# [setup_sects] and fills in the header.
load_setup:
        mov     eax, [kernel_lba]
        mov     ecx, 2                      # the header lies across the first two
        call    read
        mov     eax, [bounce]
        shr     eax, 4
        mov     fs, ax
        cmp     dword ptr fs:[H_MAGIC], 0x53726448   # "HdrS"
        jne     not_linux
        cmp     word ptr fs:[H_VERSION], 0x20a       # first with init_size
        jb      not_linux
        movzx   ecx, byte ptr fs:[H_SETUP_SECTS]
        test    cx, cx
        jnz     1f
        mov     cl, 4                       # "for backwards compatibility, 0 means 4"
1:      inc     cx                          # the boot sector itself
        cmp     cx, CHUNK
        ja      not_linux
        mov     [setup_sects], ecx
        mov     eax, [kernel_lba]
        call    read
        mov     ecx, [setup_sects]
        mov     edi, SETUP
        call    copy
        mov     ax, SETUP_SEG
        mov     fs, ax
        mov     byte ptr fs:[H_LOADER], 0xff         # a loader without a number
        or      byte ptr fs:[H_LOADFLAGS], 0x80      # the heap's end is valid
        mov     word ptr fs:[H_HEAP_END], 0xde00     # 0xe000 - 0x200
        mov     dword ptr fs:[H_CMDLINE], CMDLINE
        ret
not_linux:
        mov     si, offset msg_not_linux
        jmp     die

# find_top: asks the BIOS for its memory map (INT 15h, E820h) and takes the end
# of the usable range that holds KERNEL_START; the initramfs goes right below.
# Leaves its address in the setup header.
find_top:
        xor     ebx, ebx
1:      mov     eax, 0xe820
        mov     edx, 0x534d4150             # "SMAP"
        mov     ecx, 20
        mov     di, offset e820
        int     0x15
        jc      no_memory
        cmp     eax, 0x534d4150
        jne     no_memory
        cmp     dword ptr [e820+16], 1      # usable
        jne     2f
        cmp     dword ptr [e820+4], 0       # begins below 4 GiB
        jne     2f
        mov     eax, [e820]
        cmp     eax, KERNEL_START
        ja      2f
        cmp     dword ptr [e820+12], 0      # 4 GiB long or more: ends beyond TOP_MAX
        jne     3f
        add     eax, [e820+8]
        jc      3f
        cmp     eax, KERNEL_START
        ja      4f
2:      test    ebx, ebx                    # 0 after the last range
        jnz     1b
        jmp     no_memory
3:      mov     eax, TOP_MAX
4:      cmp     eax, TOP_MAX
        jbe     5f
        mov     eax, TOP_MAX
5:      sub     eax, [initrd_size]
        jc      no_memory
        and     eax, 0xfffff000
        mov     cx, SETUP_SEG
        mov     fs, cx
        mov     ecx, fs:[H_INIT_SIZE]
        add     ecx, KERNEL_START
        cmp     eax, ecx                    # must not lie where the kernel unpacks
        jb      no_memory
        mov     fs:[H_RAMDISK], eax
        mov     ecx, [initrd_size]
        mov     fs:[H_RAMDISK_SIZE], ecx
        ret
no_memory:
        mov     si, offset msg_memory
        jmp     die

# load_rest: the kernel behind its setup code, to KERNEL.
load_rest:
        mov     ecx, [kernel_size]
        add     ecx, 511
        shr     ecx, 9
        mov     eax, [setup_sects]
        sub     ecx, eax
        add     eax, [kernel_lba]
        mov     edi, KERNEL
        jmp     load

load_cmdline:
        mov     eax, [cmdline_lba]
        mov     ecx, 4                      # 2048 bytes, padded with zeros by the builder
        mov     edi, CMDLINE
        jmp     load

load_initrd:
        mov     ecx, [initrd_size]
        add     ecx, 511
        shr     ecx, 9
        mov     eax, [initrd_lba]
        mov     dx, SETUP_SEG
        mov     fs, dx
        mov     edi, fs:[H_RAMDISK]
        # falls through

# load: ECX sectors from LBA EAX to linear address EDI.
load:
        jecxz   3f
1:      mov     ebx, CHUNK
        cmp     ecx, ebx
        jae     2f
        mov     ebx, ecx
2:      push    ecx
        push    eax
        mov     ecx, ebx
        push    ebx
        call    read
        pop     ecx
        push    ecx
        call    copy                        # advances EDI
        pop     ebx
        pop     eax
        pop     ecx
        add     eax, ebx
        sub     ecx, ebx
        jnz     1b
3:      ret

# read: ECX (at most CHUNK) sectors from LBA EAX into the bounce buffer, where they
# begin at [bounce]: a drive with larger sectors has others before them. Keeps EDI.
# Tries three times, as the BIOS interface asks for.
read:
        push    ebx
        movzx   ebx, word ptr [ratio]
        xor     edx, edx
        div     ebx                         # EDX: sectors of ours before the first one
        mov     [dap_lba], eax
        lea     eax, [edx+ecx-1]
        shl     edx, 9
        add     edx, BOUNCE
        mov     [bounce], edx
        xor     edx, edx
        div     ebx
        inc     ax
        mov     [count], ax
        pop     ebx
        mov     bp, 3
1:      mov     ax, [count]                 # a failed read changes it
        mov     [dap_count], ax
        push    ecx
        push    edi
        push    bp
        mov     si, offset dap
        mov     dl, [drive]
        mov     ah, 0x42
        int     0x13
        pop     bp
        pop     edi
        pop     ecx
        jnc     2f
        pushad
        xor     ax, ax                      # reset the drive
        mov     dl, [drive]
        int     0x13
        popad
        dec     bp
        jnz     1b
        jmp     read_failed
2:      ret

# copy: ECX sectors from the bounce buffer to linear address EDI, which it
# advances.
copy:
        shl     ecx, 7                      # sectors to 32-bit words
        mov     esi, [bounce]
        cli
        push    ds
        push    es
        lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     1f                          # serialize
1:      mov     bx, 8
        mov     ds, bx
        mov     es, bx
        and     al, 0xfe
        mov     cr0, eax
        jmp     2f
2:      xor     bx, bx
        mov     ds, bx
        mov     es, bx
        rep movs dword ptr es:[edi], dword ptr ds:[esi]
        pop     es
        pop     ds
        sti
        ret

msg_loading:   .ascii "redoubt boot: loading slot "
msg_slot:      .asciz "a\r\n"
msg_back:      .asciz "redoubt boot: the active slot has no tries left\r\n"
msg_write:     .asciz "redoubt boot: the boot state cannot be written\r\n"
msg_retry:     .asciz "redoubt boot: this slot is on trial, so trying again\r\n"
msg_not_linux: .asciz "no Linux kernel on this disk\r\n"
msg_memory:    .asciz "not enough memory for the kernel\r\n"

        .balign 8
gdt:         .quad 0
             .quad 0x00cf92000000ffff       # data, base 0, limit 4 GiB
gdt_pointer: .word 15
             .long gdt
no_idt:      .word 0
             .long 0
        .balign 4
setup_sects: .long 0
bounce:      .long BOUNCE                   # where the last read begins
kernel_lba:  .long 0                        # the chosen slot's files, as in its record
kernel_size: .long 0
initrd_lba:  .long 0
initrd_size: .long 0
cmdline_lba: .long 0
cmdline_size:.long 0
dap:         .byte 16, 0
dap_count:   .word 0
dap_offset:  .word 0
dap_segment: .word BOUNCE_SEG
dap_lba:     .quad 0
state:       .word 0                        # the valid copy
record:      .word 0                        # the chosen slot's
ratio:       .word 1                        # the drive's sector size in ours
count:       .word 0
slot:        .byte 0
e820:        .space 20
drive_info:  .space 30
        .org    4096, 0x00
