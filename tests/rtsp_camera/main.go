// An RTSP camera for tests and for the demonstration in containers: it plays an H.264 clip over and over, as a camera that sends in real time.
//
//	rtsp-camera -port 8554 -clip clip.h264 -fps 10 [-bind ADDRESS] [-user USER] [-certificate PEM -key PEM]
//
// The password, where a user is given, is the first line of standard input. Each later line is the path of a clip
// that is played from then on, without a word to those who watch: its pictures may have another size. The end of
// standard input ends the camera, so that none is left behind by a test that was killed.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/pkg/codecs/h264"
)

const clockRate = 90000

// What cameras ask for; FFmpeg knows no other digest.
var methods = []auth.ValidateMethod{auth.ValidateMethodDigestMD5}

// An access unit delimiter begins every picture of a clip.
var delimiter = []byte{0, 0, 0, 1, 9}

type camera struct {
	stream         *gortsplib.ServerStream
	user, password string
	nonce          string
}

func (c *camera) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if c.user != "" && auth.Validate(ctx.Request, c.user, c.password, methods, "camera", c.nonce) != nil {
		challenge := auth.GenerateWWWAuthenticate(methods, "camera", c.nonce)
		return &base.Response{
			StatusCode: base.StatusUnauthorized,
			Header:     base.Header{"WWW-Authenticate": challenge},
		}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnSetup(_ *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnPlay(_ *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// play sends the clip, a picture every 1/fps s, and goes over to the next clip at the end of a picture. What was missed
// while the process stood still is not made up for.
func (c *camera) play(clip [][][]byte, next <-chan [][][]byte, video *description.Media, fps float64) error {
	encoder, err := video.Formats[0].(*format.H264).CreateEncoder()
	if err != nil {
		return err
	}
	begin := time.Now()
	ticker := time.NewTicker(time.Duration(float64(time.Second) / fps))
	defer ticker.Stop()
	for place := 0; ; place = (place + 1) % len(clip) {
		select {
		case clip = <-next:
			place = 0
		default:
		}
		seconds := (<-ticker.C).Sub(begin).Seconds()
		packets, err := encoder.Encode(clip[place])
		if err != nil {
			return err
		}
		for _, packet := range packets {
			packet.Timestamp = uint32(seconds * clockRate)
			if err := c.stream.WritePacketRTP(video, packet); err != nil {
				return err
			}
		}
	}
}

// readClip gives the pictures of a clip, each as its NAL units.
func readClip(path string) ([][][]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var pictures [][][]byte
	for _, picture := range bytes.Split(data, delimiter)[1:] {
		units, err := h264.AnnexBUnmarshal(append(append([]byte{}, delimiter...), picture...))
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, units[1:])
	}
	if len(pictures) == 0 {
		return nil, fmt.Errorf("%s has no access unit delimiters", path)
	}
	return pictures, nil
}

// describe gives the parameters of a clip's first picture, as cameras tell them ahead of the stream.
func describe(picture [][]byte) *format.H264 {
	told := &format.H264{PayloadTyp: 96, PacketizationMode: 1}
	for _, unit := range picture {
		switch h264.NALUType(unit[0] & 0x1f) {
		case h264.NALUTypeSPS:
			told.SPS = unit
		case h264.NALUTypePPS:
			told.PPS = unit
		}
	}
	return told
}

// follow puts the clips that are named on standard input into the channel, and ends the process with it.
func follow(lines *bufio.Scanner, next chan<- [][][]byte) {
	for lines.Scan() {
		clip, err := readClip(lines.Text())
		if err != nil {
			log.Fatal(err)
		}
		next <- clip
	}
	os.Exit(0)
}

func run() error {
	port := flag.Int("port", 8554, "TCP port; the two UDP ports are the even one behind it and the next")
	bind := flag.String("bind", "127.0.0.1", "address to listen on")
	path := flag.String("clip", "", "H.264 in Annex B form, with access unit delimiters, without B pictures")
	fps := flag.Float64("fps", 10, "pictures a second")
	user := flag.String("user", "", "who may watch; everybody without it")
	certificate := flag.String("certificate", "", "what it shows: then it speaks rtsps, without UDP")
	key := flag.String("key", "", "of the certificate")
	flag.Parse()
	lines := bufio.NewScanner(os.Stdin)
	watched := &camera{user: *user}
	if *user != "" && lines.Scan() {
		watched.password = lines.Text()
	}
	var err error
	if watched.nonce, err = auth.GenerateNonce(); err != nil {
		return err
	}
	clip, err := readClip(*path)
	if err != nil {
		return err
	}
	server := &gortsplib.Server{Handler: watched, RTSPAddress: fmt.Sprintf("%s:%d", *bind, *port)}
	if *certificate != "" {
		shown, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			return err
		}
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{shown}}
	} else {
		udp := *port/2*2 + 2
		server.UDPRTPAddress = fmt.Sprintf("%s:%d", *bind, udp)
		server.UDPRTCPAddress = fmt.Sprintf("%s:%d", *bind, udp+1)
	}
	if err := server.Start(); err != nil {
		return err
	}
	video := &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{describe(clip[0])}}
	watched.stream = gortsplib.NewServerStream(server, &description.Session{Medias: []*description.Media{video}})
	next := make(chan [][][]byte)
	go follow(lines, next)
	return watched.play(clip, next, video, *fps)
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
