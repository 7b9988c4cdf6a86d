package format

import (
	"encoding/binary"
	"errors"
	"io"
)

// QCOW2 as docs/interop/qcow2.txt of QEMU describes it, version 3, without
// compression: what is large on the disk (kernel, initramfs, root file system) is
// compressed already.
//
// Layout, in clusters of 64 KiB
//
//	0      header
//	1      refcount table: offset of each refcount block
//	2      refcount blocks, 32768 counters of 16 bits each
//	…      L1 table: offset of each L2 table
//	…      L2 tables: offset of each cluster of the disk; only those with data
//	…      the clusters that hold something, in the disk's order
const (
	qcowClusterBits = 16
	qcowCluster     = 1 << qcowClusterBits
	qcowHeaderSize  = 104
	qcowPointers    = qcowCluster / 8 // in a refcount table, an L1 or an L2 table
	qcowCounters    = qcowCluster / 2 // in a refcount block
	qcowCopied      = 1 << 63         // "the refcount is exactly one"
	// One cluster of L1 table must do: 4 TiB.
	qcowMaxSize = qcowPointers * qcowPointers * qcowCluster
)

// qcowPlan says where everything lies, as numbers of clusters.
type qcowPlan struct {
	used     []bool // by cluster of the disk: holds something
	tables   []bool // by L2 table: has a used cluster
	blocks   int64  // refcount blocks
	l1       int64
	firstL2  int64
	firstRow int64 // of the disk's clusters
	total    int64
}

// writeQCOW2 writes the disk as qcow2.
func writeQCOW2(w io.Writer, d *Disk) error {
	if d.Size > qcowMaxSize {
		return errors.New("the disk is larger than 4 TiB")
	}
	p, err := planQCOW2(d)
	if err != nil {
		return err
	}
	if _, err := w.Write(p.metadata(d.Size)); err != nil {
		return err
	}
	return d.blocks(qcowCluster, func(_ int64, block []byte) error {
		_, err := w.Write(block) // none for zeros
		return err
	})
}

// planQCOW2 looks at what the disk holds and lays the file out.
func planQCOW2(d *Disk) (*qcowPlan, error) {
	p := &qcowPlan{tables: make([]bool, roundUp(d.Size, qcowPointers*qcowCluster)/(qcowPointers*qcowCluster))}
	var data, tables int64
	err := d.blocks(qcowCluster, func(i int64, block []byte) error {
		p.used = append(p.used, block != nil)
		if block != nil {
			data++
			if !p.tables[i/qcowPointers] {
				p.tables[i/qcowPointers] = true
				tables++
			}
		}
		return nil
	})
	// The refcount blocks count themselves.
	for n := int64(1); ; n++ {
		p.blocks, p.l1 = n, 2+n
		p.firstL2 = p.l1 + 1
		p.firstRow = p.firstL2 + tables
		p.total = p.firstRow + data
		if p.total <= n*qcowCounters {
			return p, err
		}
	}
}

// metadata returns everything before the disk's clusters.
func (p *qcowPlan) metadata(size int64) []byte {
	b := make([]byte, p.firstRow*qcowCluster)
	cluster := func(i int64) []byte { return b[i*qcowCluster:] }
	p.header(b, size)
	put := binary.BigEndian.PutUint64
	for i := range p.blocks {
		put(cluster(1)[8*i:], uint64((2+i)*qcowCluster))
	}
	for i := range p.total {
		binary.BigEndian.PutUint16(cluster(2)[2*i:], 1)
	}
	l2, row := p.firstL2, p.firstRow
	for i, any := range p.tables {
		if !any {
			continue
		}
		put(cluster(p.l1)[8*i:], uint64(l2*qcowCluster)|qcowCopied)
		first := i * qcowPointers
		for j, used := range p.used[first:min(first+qcowPointers, len(p.used))] {
			if used {
				put(cluster(l2)[8*j:], uint64(row*qcowCluster)|qcowCopied)
				row++
			}
		}
		l2++
	}
	return b
}

// header fills in the header; what is zero in it (backing file, encryption,
// snapshots, feature bits) is not there.
func (p *qcowPlan) header(b []byte, size int64) {
	be := binary.BigEndian
	copy(b, "QFI\xfb")
	be.PutUint32(b[4:], 3) // version
	be.PutUint32(b[20:], qcowClusterBits)
	be.PutUint64(b[24:], uint64(size))
	be.PutUint32(b[36:], uint32(len(p.tables)))    // L1 entries
	be.PutUint64(b[40:], uint64(p.l1)*qcowCluster) //
	be.PutUint64(b[48:], qcowCluster)              // refcount table
	be.PutUint32(b[56:], 1)                        // its clusters
	be.PutUint32(b[96:], 4)                        // a refcount has 1<<4 bits
	be.PutUint32(b[100:], qcowHeaderSize)          // no extensions behind it
}
