package subject

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"text/template"
)

// nginxConf is nginx as somebody would put it before a provider who streams: a
// worker per core, kept connections on both sides, bodies in memory, an access
// log, and no buffering of answers, since a path does not tell a stream.
//
// Directive reference: nginx.org/en/docs/http/ngx_http_proxy_module.html and
// ngx_http_upstream_module.html, read November 2026.
const nginxConf = `{{with .User}}user {{.}};
{{end}}daemon off;
worker_processes {{.Workers}};
worker_rlimit_nofile 8192;
pid {{.Dir}}/nginx.pid;
error_log {{.Dir}}/error.log warn;

events {
    worker_connections 4096;
}

http {
    access_log {{.Dir}}/access.log combined;
    client_body_temp_path {{.Dir}}/body;
    proxy_temp_path {{.Dir}}/proxy;
    fastcgi_temp_path {{.Dir}}/fastcgi;
    uwsgi_temp_path {{.Dir}}/uwsgi;
    scgi_temp_path {{.Dir}}/scgi;

    client_max_body_size 32m;
    client_body_buffer_size 128k;
    keepalive_requests 1000000000;

    upstream provider {
        server {{.Upstream}};
        keepalive 256;
        keepalive_requests 1000000000;
    }

    server {
        listen {{.Listen}} backlog=2048;
        location / {
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_buffering off;
            proxy_read_timeout 300s;
        }
    }
}
`

// nginxValues are the gaps of nginxConf.
type nginxValues struct {
	User             string // "user group" for workers of a master run by root
	Dir              string
	Workers          int
	Upstream, Listen string
}

// portTries is how often nginx may find that another process has taken its port
// since it was chosen: nginx cannot listen on "any".
const portTries = 3

// StartNginx runs the nginx at path in front of upstream, with its files in dir.
func StartNginx(ctx context.Context, path, dir, upstream string) (*Process, error) {
	for try := 1; ; try++ {
		p, err := tryNginx(ctx, path, dir, upstream)
		if err == nil || try == portTries || ctx.Err() != nil {
			return p, err
		}
	}
}

// tryNginx is one attempt, on a port that is free just now.
func tryNginx(ctx context.Context, path, dir, upstream string) (*Process, error) {
	listen, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	owner, err := workerOwner()
	if err != nil {
		return nil, err
	}
	conf, err := renderNginx(nginxValues{User: owner, Dir: dir, Workers: runtime.NumCPU(), Upstream: upstream, Listen: listen})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, conf, 0o600); err != nil {
		return nil, err
	}
	return start(ctx, command{
		name: "nginx", dir: dir, path: path, args: []string{"-p", dir, "-c", file, "-e", filepath.Join(dir, "error.log")},
		ready: func() string {
			if !accepts(listen) {
				return ""
			}
			return listen
		},
	})
}

// renderNginx fills in nginxConf.
func renderNginx(v nginxValues) ([]byte, error) {
	t, err := template.New("nginx.conf").Parse(nginxConf)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, v)
	return b.Bytes(), err
}

// workerOwner is who the workers run as. nginx asks for it only of root, whose
// workers would otherwise be "nobody" and could not read the folder.
func workerOwner() (string, error) {
	if os.Getuid() != 0 {
		return "", nil
	}
	u, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("look up the current user: %w", err)
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return "", fmt.Errorf("look up the current group: %w", err)
	}
	return u.Username + " " + g.Name, nil
}

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
