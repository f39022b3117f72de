package scripts

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// httpreq is curl for scripts: httpreq [-key K] [-until STATUS] [-find TEXT] METHOD URL [BODY].
// It prints the status and the body, and exits with 1 where there is no answer.
func httpreq(args []string) int {
	flags := flag.NewFlagSet("httpreq", flag.ContinueOnError)
	key := flags.String("key", "", "API `key`")
	until := flags.Int("until", 0, "ask again until the answer has this `status`")
	find := flags.String("find", "", "ask again until the answer has this `text`")
	if err := flags.Parse(args); err != nil || flags.NArg() < 2 || flags.NArg() > 3 {
		fmt.Fprintln(os.Stderr, "usage: httpreq [-key K] [-until STATUS] [-find TEXT] METHOD URL [BODY]")
		return 2
	}
	var status int
	var body string
	var err error
	ok := every(20*time.Millisecond, func() bool {
		status, body, err = ask(flags.Arg(0), flags.Arg(1), *key, flags.Arg(2))
		if *until == 0 && *find == "" {
			return true
		}
		return err == nil && (*until == 0 || status == *until) && strings.Contains(body, *find)
	})
	if err != nil || !ok {
		fmt.Fprintln(os.Stderr, "httpreq:", status, body, err)
		return 1
	}
	fmt.Printf("%d\n%s\n", status, strings.TrimSpace(body))
	return 0
}

func ask(method, url, key, text string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(text))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("X-Api-Key", key)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}
