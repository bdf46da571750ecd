package gammutest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	wsms "github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/gsm7"
	"github.com/warthog618/sms/encoding/tpdu"
	"github.com/warthog618/sms/encoding/ucs2"
)

// dummySMSC is the message centre of the dummy phone. A delivery report must come from it.
const dummySMSC = "123456"

// lastRef numbers long texts.
var lastRef atomic.Uint32

// Text lets the phone receive a text, now, as its sender's phone would have sent it: any
// length, any script. It is in the inbox about a second later. Texts come in the order of the
// calls.
func (p *Phone) Text(from, text string) error {
	pdus, err := wsms.NewEncoder(wsms.AsSubmit, concatRef{}).Encode([]byte(text))
	if err != nil {
		return fmt.Errorf("encode text: %w", err)
	}
	if len(pdus) == 0 {
		return errors.New("empty text")
	}
	sections := make([]section, len(pdus))
	for i := range pdus {
		if sections[i], err = received(from, &pdus[i]); err != nil {
			return fmt.Errorf("encode text: %w", err)
		}
	}
	return p.receive(sections)
}

// Part lets the phone receive one part of a long text alone, for tests in which parts get lost
// or come late. The reference ties the parts together.
func (p *Phone) Part(from, text string, ref byte, parts, seq int) error {
	return p.receive([]section{{
		number: from, coding: "Unicode", text: text, udh: fmt.Sprintf("050003%02X%02X%02X", ref, parts, seq),
	}})
}

// Deliver lets the phone receive the delivery report for the text to the number that is not
// reported on yet: delivered, or failed. gammu-smsd ignores reports more than ten minutes after
// the text. The dummy phone gives all texts the same reference, so keep one text per number
// open; one report speaks for all its parts.
func (p *Phone) Deliver(number string, ok bool) error {
	text := "Failed"
	if ok {
		text = "Delivered"
	}
	return p.receive([]section{{number: number, coding: "Default", text: text, report: true}})
}

// A section is one SMS in the phone's memory.
type section struct {
	number, coding, text, udh string
	report                    bool
}

func received(from string, pdu *tpdu.TPDU) (section, error) {
	s := section{number: from}
	alphabet, err := pdu.Alphabet()
	if err != nil {
		return s, err
	}
	if alphabet == tpdu.AlphaUCS2 {
		runes, err := ucs2.Decode(pdu.UD)
		s.coding, s.text = "Unicode", string(runes)
		if err != nil {
			return s, err
		}
	} else {
		b, err := gsm7.Decode(pdu.UD)
		s.coding, s.text = "Default", string(b)
		if err != nil {
			return s, err
		}
	}
	if len(pdu.UDH) > 0 {
		udh, err := pdu.UDH.MarshalBinary()
		if err != nil {
			return s, err
		}
		s.udh = upperHex(udh)
	}
	return s, nil
}

func (s section) write(b *strings.Builder, n int, at time.Time) {
	smsc, extra := "+15559990000", ""
	if s.report {
		smsc, extra = dummySMSC, "PDU = Status_Report\nMessageReference = 255\n"
	}
	fmt.Fprintf(b, "\n[SMSBackup%03d]\nSMSC = %q\n%sState = UnRead\nNumber = %q\nCoding = %s\nFolder = 1\nSent = %s\n",
		n, smsc, extra, s.number, s.coding, at.Format("20060102T150405"))
	if s.udh != "" {
		fmt.Fprintf(b, "UDH = %s\n", s.udh)
	}
	const width = 200 // longer lines are cut
	digits := upperHex(ucs2.Encode([]rune(s.text)))
	for i := 0; len(digits) > 0; i++ {
		line := digits[:min(width, len(digits))]
		digits = digits[len(line):]
		fmt.Fprintf(b, "Text%02d = %s\n", i, line)
	}
}

// receive puts a file into the phone's memory in one step, as gammu-smsd may look at any time.
func (p *Phone) receive(sections []section) error {
	var b strings.Builder
	now := time.Now().UTC() // as gammu reads it in every zone
	for i, s := range sections {
		s.write(&b, i, now)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	tmp := p.path("received.tmp")
	if err := os.WriteFile(tmp, []byte(b.String()), 0o600); err != nil {
		return err
	}
	location, err := p.nextLocation()
	if err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(p.folder(), strconv.Itoa(location)))
}

// nextLocation lies behind all texts that wait, since gammu-smsd takes them by ascending number.
func (p *Phone) nextLocation() (int, error) {
	entries, err := os.ReadDir(p.folder())
	if err != nil {
		return 0, err
	}
	last := 0
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			last = max(last, n)
		}
	}
	return last + 1, nil
}

func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

type concatRef struct{}

// Count implements tpdu.Counter.
func (concatRef) Count() int { return int(lastRef.Add(1) & 0xff) }

// ApplyEncoderOption implements wsms.EncoderOption.
func (c concatRef) ApplyEncoderOption(e *wsms.Encoder) { e.ConcatRef = c }
