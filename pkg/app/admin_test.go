package app_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/app"
)

// through asks the admin API over a transport and reads the answer into into, unless
// that is nil.
func through(t *testing.T, way http.RoundTripper, method, path, body string, into any) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: way}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into == nil {
		return resp.StatusCode, string(b)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s = %d %s", method, path, resp.StatusCode, b)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s %s = %s: %v", method, path, b, err)
	}
	return resp.StatusCode, string(b)
}

// beside opens the database of a configuration as a command does.
func (p *place) beside(text string) *app.Admin {
	p.t.Helper()
	a, err := app.OpenAdmin(p.t.Context(), p.config(text), app.AdminOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if err := a.Close(); err != nil {
			p.t.Error(err)
		}
	})
	return a
}

// overSocket dials the socket of a gateway.
func (p *place) overSocket(text string) *http.Transport {
	path := app.AdminSocket(p.config(text))
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
}

func TestAGatewaySeesWhatACommandDoesBesideIt(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	way := p.beside(basic).Transport()
	var k adminapi.GenerateAnswer
	through(t, way, "POST", adminapi.KeyGenerate, `{"key_alias":"ci"}`, &k)
	took := eventually(t, "the new key", func() bool { status, _ := r.call(k.Secret, "hello"); return status == 200 })
	t.Logf("a new key was seen after %v", took)
	through(t, way, "POST", adminapi.KeyBlock, `{"key":"ci"}`, new(adminapi.Key))
	took = eventually(t, "the block", func() bool { status, _ := r.call(k.Secret, "hello"); return status == 401 })
	t.Logf("a block was seen after %v", took)
	// And the other way round, at once.
	admin[adminapi.DeleteAnswer](r, "POST", adminapi.KeyDelete, `{"keys":["ci"]}`)
	if status, body := through(t, way, "GET", adminapi.KeyInfo+"?key=ci", "", nil); status != 404 {
		t.Errorf("info of a deleted key = %d %s", status, body)
	}
}

func TestACommandWithoutAGateway(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	a := p.beside(priced)
	var k adminapi.GenerateAnswer
	through(t, a.Transport(), "POST", adminapi.KeyGenerate, `{"key_alias":"ci","max_budget":5,"budget_duration":"daily"}`, &k)
	if k.SpendAsOf != nil || k.Spend != "0" || k.BudgetResetAt == nil {
		t.Errorf("generate = %+v", k)
	}
	for path, status := range map[string]int{"/v1/models": 404, "/key/info?key=nobody": 404, "/key/list?size=1000": 400} {
		if got, body := through(t, a.Transport(), "GET", path, "", nil); got != status || !strings.Contains(body, `"error"`) {
			t.Errorf("%s = %d %s", path, got, body)
		}
	}
	if status, body := through(t, a.Transport(), "POST", adminapi.KeyGenerate, `{"key":"`+masterKey+`"}`, nil); status != 409 {
		t.Errorf("the master key as a key = %d %s", status, body)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}

	r := p.start(priced)
	r.want(k.Secret, "priced", 200)
	spent := r.info("ci")
	r.end()

	var info adminapi.InfoAnswer
	a = p.beside(priced)
	through(t, a.Transport(), "GET", adminapi.KeyInfo+"?key=ci", "", &info)
	if info.Info.Spend != spent.Spend || info.Info.Spend == "0" || info.Info.SpendAsOf == nil || time.Since(*info.Info.SpendAsOf) > time.Minute {
		t.Errorf("info = %+v, want the spend %s and when it was written down", info.Info, spent.Spend)
	}
	var list adminapi.ListAnswer
	through(t, a.Transport(), "GET", adminapi.KeyList+"?return_full_object=true", "", &list)
	if len(list.Keys) != 2 || list.Keys[0].Source != adminapi.SourceConfig {
		t.Errorf("list = %+v", list)
	}
	audit, err := os.ReadFile(filepath.Join(p.dir, "audit.jsonl"))
	if want := fmt.Sprintf(`"actor":"local","uid":%d,"action":"key.generate"`, os.Getuid()); err != nil || !strings.Contains(string(audit), want) {
		t.Errorf("audit = %s, %v", audit, err)
	}
}

func TestACommandMakesNoMasterKey(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	none := strings.Replace(basic, "general_settings: {master_key: "+masterKey+"}", "", 1)
	p.beside(none)
	if _, err := os.Stat(filepath.Join(p.dir, "master.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat = %v, want no file", err)
	}
	r := p.start(none)
	made := r.RevealMasterKey()
	way := p.beside(none).Transport()
	if status, body := through(t, way, "POST", adminapi.KeyGenerate, `{"key":"`+made+`"}`, nil); status != 409 {
		t.Errorf("the master key as a key = %d %s", status, body)
	}
}

func TestTheSocket(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	cfg := p.config(basic)
	path := app.AdminSocket(cfg)
	if answers, err := app.AdminSocketAnswers(t.Context(), path); answers || err != nil {
		t.Errorf("before the start: %v, %v", answers, err)
	}
	r := p.start(basic)
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("stat = %v, %v, want the mode 0600", info, err)
	}
	if answers, err := app.AdminSocketAnswers(t.Context(), path); !answers || err != nil {
		t.Errorf("while it runs: %v, %v", answers, err)
	}
	way := p.overSocket(basic)
	var k adminapi.GenerateAnswer
	through(t, way, "POST", adminapi.KeyGenerate, `{"key_alias":"ci"}`, &k)
	r.want(k.Secret, "hello", 200)
	for path, status := range map[string]int{"/v1/models": 404, "/metrics": 404, "/health/liveness": 200} {
		if got, body := through(t, way, "GET", path, "", nil); got != status {
			t.Errorf("%s = %d %s, want %d", path, got, body, status)
		}
	}
	r.end()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat after the stop = %v, want that it is gone", err)
	}
	audit, err := os.ReadFile(filepath.Join(p.dir, "audit.jsonl"))
	if err != nil || !strings.Contains(string(audit), `"actor":"socket"`) {
		t.Errorf("audit = %s, %v", audit, err)
	}
	if want := fmt.Sprintf(`"uid":%d`, os.Getuid()); runtime.GOOS == "linux" && !strings.Contains(string(audit), want) {
		t.Errorf("audit = %s, want %s", audit, want)
	}
}

func TestWhatStandsWhereTheSocketBelongs(t *testing.T) {
	t.Parallel()
	leave := func(t *testing.T, path string) net.Listener {
		l, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, path string)
		served  bool
		words   string
	}{
		{"a socket that was left behind", func(t *testing.T, path string) {
			l := leave(t, path)
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			l.Close()
		}, true, ""},
		{"a socket that answers", func(t *testing.T, path string) {
			l := leave(t, path)
			t.Cleanup(func() { l.Close() })
		}, false, "another process answers there"},
		{"a file", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, false, "which is no socket"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			if err := os.MkdirAll(p.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			tt.prepare(t, app.AdminSocket(p.config(basic)))
			r := p.start(basic)
			r.want(firstKey, "hello", 200)
			if tt.served {
				through(t, p.overSocket(basic), "GET", adminapi.TeamList, "", new([]adminapi.Team))
				return
			}
			if !strings.Contains(r.log.String(), tt.words) || !strings.Contains(r.log.String(), "there is no socket") {
				t.Errorf("log = %s, want %q", r.log, tt.words)
			}
			r.end()
			if _, err := os.Stat(app.AdminSocket(p.config(basic))); err != nil {
				t.Errorf("stat = %v, want that it is left alone", err)
			}
		})
	}
}

func TestAPathThatIsTooLongForASocket(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.dir = filepath.Join(p.dir, strings.Repeat("long", 30))
	r := p.start(basic)
	r.want(firstKey, "hello", 200)
	if log := r.log.String(); !strings.Contains(log, "shorter general_settings.data_dir") {
		t.Errorf("log = %s", log)
	}
}

func TestADatabaseElsewhere(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	file := filepath.Join(t.TempDir(), "elsewhere", "keys.db")
	text := strings.Replace(basic, "general_settings: {", "general_settings: {database_url: 'sqlite://"+filepath.ToSlash(file)+"', ", 1)
	r := p.start(text)
	k := r.generate(`{}`)
	r.want(k.Secret, "hello", 200)
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "llmgw.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat = %v, want no second database", err)
	}
	if err := r.Reload(p.config(basic)); err == nil || !strings.Contains(err.Error(), "database_url cannot change") {
		t.Errorf("reload = %v", err)
	}
}

func TestAFileThatIsNoDatabaseEndsTheStart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "llmgw.db"), []byte(strings.Repeat("no database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.build(basic); err == nil || !strings.Contains(err.Error(), "no SQLite database") || !strings.Contains(err.Error(), "llmgw.db") {
		t.Errorf("New = %v", err)
	}
	if _, err := app.OpenAdmin(t.Context(), p.config(basic), app.AdminOptions{}); err == nil || !strings.Contains(err.Error(), "no SQLite database") {
		t.Errorf("OpenAdmin = %v", err)
	}
}

// TestAGatewayStartsWithoutItsDatabase holds the database while the gateway starts.
func TestAGatewayStartsWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	k := r.generate(`{}`)
	r.end()
	holder, err := sql.Open("sqlite", filepath.Join(p.dir, "llmgw.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	holder.SetMaxOpenConns(1)
	for _, statement := range []string{`PRAGMA locking_mode = EXCLUSIVE`, `BEGIN EXCLUSIVE`} {
		if _, err := holder.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}

	r = p.start(basic)
	r.want(firstKey, "hello", 200)
	if status, body := r.call(k.Secret, "hello"); status != 529 || !strings.Contains(body, "cannot read its keys yet") {
		t.Errorf("a stored key = %d %s", status, body)
	}
	if status, body := r.get("/health/readiness", ""); status != 503 || !strings.Contains(body, "database of keys cannot be read") {
		t.Errorf("readiness = %d %s", status, body)
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the keys", func() bool { status, _ := r.call(k.Secret, "hello"); return status == 200 })
	eventually(t, "readiness", func() bool { status, _ := r.get("/health/readiness", ""); return status == 200 })
	r.want("sk-nobody-knows-it", "hello", 401)
	eventually(t, "the good news", func() bool { return strings.Contains(r.log.String(), "can be read again") })
}

func TestADatabaseThatBreaksWhileTheGatewayRuns(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	k := r.generate(`{"key_alias":"ci"}`)
	breakIt, err := sql.Open("sqlite", filepath.Join(p.dir, "llmgw.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer breakIt.Close()
	if _, err := breakIt.ExecContext(t.Context(), `ALTER TABLE revision RENAME TO lost`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bad news", func() bool { return strings.Contains(r.log.String(), "cannot be read; those that are known go on") })
	r.want(k.Secret, "hello", 200)
	r.want("sk-nobody-knows-it", "hello", 401)
	if status, body := r.send("POST", adminapi.KeyBlock, masterKey, `{"key":"ci"}`); status != 503 || !strings.Contains(body, "nothing was changed") {
		t.Errorf("block = %d %s", status, body)
	}
	if status, _ := r.get("/health/readiness", ""); status != 200 {
		t.Errorf("readiness = %d, want that calls go on", status)
	}
}
