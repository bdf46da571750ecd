package gammu

import (
	"encoding/hex"
	"fmt"
	"strings"

	wsms "github.com/warthog618/sms"
	"github.com/warthog618/sms/encoding/gsm7"
	"github.com/warthog618/sms/encoding/tpdu"
	"github.com/warthog618/sms/encoding/ucs2"

	"ghlsms/sms"
)

// maxParts is how many parts gammu-smsd can hold of one text.
const maxParts = 50

// A part is what one SMS carries, in the words of the tables.
type part struct {
	text   string
	hex    string // the text in UTF-16, of which gammu-smsd makes septets again if the coding says so
	coding string
	udh    string // empty if the text has one part
}

// split cuts a text as phones show it: never inside an escaped character or a surrogate pair.
// The reference ties the parts together.
func split(text string, ref func() int) ([]part, error) {
	// gammu-smsd reads its columns as C strings.
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if text == "" {
		return nil, fmt.Errorf("gammu: empty text: %w", sms.ErrRejected)
	}
	pdus, err := wsms.NewEncoder(wsms.AsSubmit, concatRef(ref)).Encode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("gammu: encode text: %w: %w", sms.ErrRejected, err)
	}
	if len(pdus) > maxParts {
		return nil, fmt.Errorf("gammu: text needs %d parts, at most %d can be sent: %w", len(pdus), maxParts, sms.ErrRejected)
	}
	parts := make([]part, len(pdus))
	for i := range pdus {
		if parts[i], err = newPart(&pdus[i]); err != nil {
			return nil, fmt.Errorf("gammu: part %d: %w: %w", i+1, sms.ErrRejected, err)
		}
	}
	return parts, nil
}

func newPart(pdu *tpdu.TPDU) (part, error) {
	text, coding, err := decode(pdu)
	if err != nil {
		return part{}, err
	}
	p := part{text: text, hex: upperHex(ucs2.Encode([]rune(text))), coding: coding}
	if len(pdu.UDH) > 0 {
		udh, err := pdu.UDH.MarshalBinary()
		if err != nil {
			return part{}, err
		}
		p.udh = upperHex(udh)
	}
	return p, nil
}

func decode(pdu *tpdu.TPDU) (text, coding string, err error) {
	alphabet, err := pdu.Alphabet()
	if err != nil {
		return "", "", err
	}
	if alphabet == tpdu.AlphaUCS2 {
		runes, err := ucs2.Decode(pdu.UD)
		return string(runes), "Unicode_No_Compression", err
	}
	b, err := gsm7.Decode(pdu.UD)
	return string(b), "Default_No_Compression", err
}

func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// concatRef numbers long texts.
type concatRef func() int

// Count implements tpdu.Counter.
func (f concatRef) Count() int { return f() }

// ApplyEncoderOption implements wsms.EncoderOption.
func (f concatRef) ApplyEncoderOption(e *wsms.Encoder) { e.ConcatRef = f }
