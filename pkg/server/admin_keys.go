package server

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/keys"
)

func (s *Server) generateKey(q *question) (any, error) {
	var req adminapi.GenerateRequest
	kept, err := decode(q.body, "", &req)
	if err != nil {
		return nil, err
	}
	r, secret, err := s.opts.Admin.Keys.Generate(q.Context(), q.by, req.Secret, settings(req.KeySettings, kept))
	if err != nil {
		return nil, err
	}
	k, err := s.describe(q.Context(), &r)
	return adminapi.GenerateAnswer{Key: k, Secret: secret.Reveal()}, err
}

func settings(s adminapi.KeySettings, kept notes) *keys.Settings {
	return &keys.Settings{KeySettings: s, Notes: kept}
}

func (s *Server) updateKey(q *question) (any, error) {
	var req adminapi.UpdateRequest
	kept, err := decode(q.body, "", &req)
	if err != nil {
		return nil, err
	}
	r, err := s.opts.Admin.Keys.Update(q.Context(), q.by, req.Key, settings(req.KeySettings, kept))
	return s.described(q, &r, err)
}

func (s *Server) regenerateKey(q *question) (any, error) {
	var req adminapi.RegenerateRequest
	if err := decodePlain(q.body, &req); err != nil {
		return nil, err
	}
	if named := q.PathValue("key"); named != "" {
		if req.Key != "" && req.Key != named {
			return nil, badRequest("key", "the path names another key than the body")
		}
		req.Key = named
	}
	r, secret, err := s.opts.Admin.Keys.Rotate(q.Context(), q.by, req.Key, keys.Rotation{Secret: req.NewKey, Grace: req.GracePeriod})
	if err != nil {
		return nil, err
	}
	k, err := s.describe(q.Context(), &r)
	return adminapi.GenerateAnswer{Key: k, Secret: secret.Reveal()}, err
}

// decodePlain is decode where there is nothing to keep notes for.
func decodePlain(body []byte, into any) error {
	kept, err := decode(body, "", into)
	for name := range kept {
		return badRequest(name, "%s does not belong into this request (POST /key/update takes it)", name)
	}
	return err
}

func (s *Server) blockKey(q *question) (any, error) {
	var req adminapi.KeyRequest
	if err := decodePlain(q.body, &req); err != nil {
		return nil, err
	}
	r, err := s.opts.Admin.Keys.Block(q.Context(), q.by, req.Key)
	return s.described(q, &r, err)
}

func (s *Server) unblockKey(q *question) (any, error) {
	var req adminapi.KeyRequest
	if err := decodePlain(q.body, &req); err != nil {
		return nil, err
	}
	r, err := s.opts.Admin.Keys.Unblock(q.Context(), q.by, req.Key)
	return s.described(q, &r, err)
}

func (s *Server) deleteKeys(q *question) (any, error) {
	var req adminapi.DeleteRequest
	if err := decodePlain(q.body, &req); err != nil {
		return nil, err
	}
	names := slices.Concat(req.Keys, req.Aliases)
	if err := s.opts.Admin.Keys.Delete(q.Context(), q.by, names); err != nil {
		return nil, err
	}
	for i, name := range names {
		names[i] = unsecret(name)
	}
	return adminapi.DeleteAnswer{Deleted: names}, nil
}

// unsecret is a name of a key as an answer may repeat it: answers are logged.
func unsecret(name string) string {
	if strings.HasPrefix(name, "sk-") {
		return keys.Sum(name).String()
	}
	return name
}

func (s *Server) importKeys(q *question) (any, error) {
	var list struct {
		Keys json.RawMessage `json:"keys"`
	}
	if err := decodePlain(q.body, &list); err != nil {
		return nil, err
	}
	imports, err := decodeImports(list.Keys)
	if err != nil {
		return nil, err
	}
	added, skipped, err := s.opts.Admin.Keys.Import(q.Context(), q.by, imports)
	if err != nil {
		return nil, err
	}
	answer := adminapi.ImportAnswer{Imported: make([]adminapi.Key, len(added)), Skipped: append([]string{}, skipped...)}
	d := s.describer()
	for i := range added {
		if answer.Imported[i], err = d.key(q.Context(), &added[i]); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

func decodeImports(list json.RawMessage) ([]keys.Imported, error) {
	var imports []keys.Imported
	elements := toplevel.Array(list)
	for elements.Next() {
		path := fmt.Sprintf("keys[%d]", len(imports))
		var k adminapi.ImportedKey
		kept, err := decode(elements.Value(), path, &k)
		if err != nil {
			return nil, err
		}
		imports = append(imports, keys.Imported{
			Settings: *settings(k.KeySettings, kept), Token: k.Token, Name: k.KeyName,
			Expires: timeOf(k.Expires), CreatedAt: timeOf(k.CreatedAt),
		})
	}
	if elements.Err() != nil {
		return nil, badRequest("keys", "keys has to be a list of keys")
	}
	return imports, nil
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func (s *Server) keyInfo(q *question) (any, error) {
	query, err := parameters(q.URL, "key")
	if err != nil {
		return nil, err
	}
	name := query.Get("key")
	r, err := s.opts.Admin.Keys.Find(q.Context(), name)
	if err != nil {
		return nil, err
	}
	k, err := s.describe(q.Context(), &r)
	return adminapi.InfoAnswer{Key: unsecret(name), Info: k}, err
}

// The sizes of pages of the list. Source: LiteLLM 1.83.2.
const usualPage, largestPage = 10, 100

// listQuery reads the query of /key/list; page counts from 1.
func listQuery(u *url.URL) (q keys.Query, page int, err error) {
	query, err := parameters(u, "page", "size", "team_id", "key_alias", "return_full_object", "include_team_keys", "include_created_by_keys")
	if err != nil {
		return q, 0, err
	}
	const lastPage = 1 << 30
	if page, err = number(query, "page", 1, lastPage); err != nil {
		return q, 0, err
	}
	if q.Limit, err = number(query, "size", usualPage, largestPage); err != nil {
		return q, 0, err
	}
	q.Team, q.Alias = query.Get("team_id"), query.Get("key_alias")
	q.Offset = (page - 1) * q.Limit
	return q, page, nil
}

func (s *Server) listKeys(q *question) (any, error) {
	query, page, err := listQuery(q.URL)
	if err != nil {
		return nil, err
	}
	found, err := s.opts.Admin.Keys.List(q.Context(), query)
	if err != nil {
		return nil, err
	}
	pages := (found.Total + query.Limit - 1) / query.Limit
	if q.URL.Query().Get("return_full_object") != "true" {
		hashes := make([]string, len(found.Records))
		for i := range found.Records {
			hashes[i] = found.Records[i].Hash.String()
		}
		return hashList{hashes, found.Total, page, pages}, nil
	}
	answer := adminapi.ListAnswer{Keys: make([]adminapi.Key, len(found.Records)), TotalCount: found.Total, Page: page, TotalPages: pages}
	d := s.describer()
	for i := range found.Records {
		if answer.Keys[i], err = d.key(q.Context(), &found.Records[i]); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// hashList is a page of the list where whole keys were not asked for.
type hashList struct {
	Keys       []string `json:"keys"`
	TotalCount int      `json:"total_count"`
	Page       int      `json:"current_page"`
	TotalPages int      `json:"total_pages"`
}

// parameters reads a query in which only these names may stand: a filter that is
// not kept would list the wrong keys.
func parameters(u *url.URL, names ...string) (url.Values, error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, badRequest("", "the query cannot be read")
	}
	for name, values := range query {
		if !slices.Contains(names, name) {
			return nil, badRequest(name, "the query has %.100q, which is not known here (known are: %s)", name, strings.Join(names, ", "))
		}
		if len(values) > 1 {
			return nil, badRequest(name, "%s stands in the query twice", name)
		}
	}
	return query, nil
}

// number reads a whole number from 1 to most; usual where there is none.
func number(query url.Values, name string, usual, most int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, badRequest(name, "%s is a whole number from 1 to %d", name, most)
	}
	return n, nil
}
