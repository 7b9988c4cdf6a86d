# The boot loader of the disk image: from the BIOS to the Linux kernel.
#
# It is assembled into boot.bin, which is committed, so that building an image
# needs no assembler; TestBootBinIsAssembledFromSource keeps the two together:
#
#     as --32 -o boot.o boot.S && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o boot.bin boot.o
#
# Layout on the disk, and where it runs
#
#     LBA 0      stage 1, 440 bytes at 0x7c00; then the partition table
#     LBA 1..7   stage 2 at 0x7e00, straight behind stage 1; it begins with
#                the parameter block that the image builder fills in
#
# The parameter block (little endian, offsets from 0x7e00)
#
#     +0   "RDBT"            +4   version, 1
#     +8   kernel: LBA       +12  kernel: bytes
#     +16  initramfs: LBA    +20  initramfs: bytes
#     +24  command line: LBA +28  command line: bytes, at most 2047
#
# Memory while loading (the Linux/x86 boot protocol, "16-bit" entry)
#
#     0x07000  stack, downwards from 0x7c00
#     0x07c00  this program
#     0x20000  bounce buffer of one read, 32 KiB
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
        mov     si, offset dap_stage2
        mov     dl, [drive]
        mov     ah, 0x42
        int     0x13
        jc      read_failed
        cmp     dword ptr [params], 0x54424452   # "RDBT"
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

# die: prints the text at DS:SI and stops for good.
die:
        push    si
        mov     si, offset msg_name
        call    print
        pop     si
        call    print
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
        .balign 4
dap_stage2:  .byte 16, 0
             .word 7, 0x7e00, 0
             .quad 1

msg_name:    .asciz "\r\nredoubt boot: "
msg_no_lba:  .asciz "this BIOS cannot read disks by block number\r\n"
msg_read:    .asciz "the disk cannot be read\r\n"
msg_damaged: .asciz "the boot loader on this disk is damaged\r\n"

        .org    440, 0x00                   # disk signature and partition table
        .org    510, 0x00
        .word   0xaa55

# ---------------------------------------------------------------- stage 2

params:      .ascii "RDBT"
             .long 1
kernel_lba:  .long 0
kernel_size: .long 0
initrd_lba:  .long 0
initrd_size: .long 0
cmdline_lba: .long 0
cmdline_size:.long 0

stage2:
        mov     si, offset msg_loading
        call    print
        mov     ax, 0x2401                  # A20 line on; SeaBIOS has it on already
        int     0x15
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

# load_setup: the kernel's first sectors to SETUP. Leaves their number in
# [setup_sects] and fills in the header.
load_setup:
        mov     eax, [kernel_lba]
        mov     ecx, 2                      # the header lies across the first two
        call    read
        mov     ax, BOUNCE_SEG
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

# read: ECX (at most CHUNK) sectors from LBA EAX into the bounce buffer.
# Keeps EDI. Tries three times, as the BIOS interface asks for.
read:
        mov     [dap_lba], eax
        mov     bp, 3
1:      mov     [dap_count], cx             # a failed read changes it
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
        mov     esi, BOUNCE
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

msg_loading:   .asciz "redoubt boot: loading\r\n"
msg_not_linux: .asciz "no Linux kernel on this disk\r\n"
msg_memory:    .asciz "not enough memory for the kernel\r\n"

        .balign 8
gdt:         .quad 0
             .quad 0x00cf92000000ffff       # data, base 0, limit 4 GiB
gdt_pointer: .word 15
             .long gdt
setup_sects: .long 0
        .balign 4
dap:         .byte 16, 0
dap_count:   .word 0
             .word 0, BOUNCE_SEG
dap_lba:     .quad 0
e820:        .space 20
        .org    4096, 0x00
