package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/llmgw/llmgw/pkg/adminapi"
)

// The methods below call the admin API with an admin's key. A key is named by its
// id, its alias, its hash or its secret. One that there is not gives an error that is
// ErrNotFound; see Do for others.

// GenerateKey makes a key. Its secret is in the answer, and nowhere else.
func (c *Client) GenerateKey(ctx context.Context, r adminapi.GenerateRequest) (*adminapi.GenerateAnswer, error) {
	return call[adminapi.GenerateAnswer](ctx, c, adminapi.KeyGenerate, r)
}

// KeyInfo tells what there is to tell of a key.
func (c *Client) KeyInfo(ctx context.Context, key string) (*adminapi.Key, error) {
	var answer adminapi.InfoAnswer
	err := c.Do(ctx, http.MethodGet, adminapi.KeyInfo+"?"+url.Values{"key": {key}}.Encode(), nil, &answer)
	if err != nil {
		return nil, err
	}
	return &answer.Info, nil
}

const (
	// keysAPage is the most that LiteLLM gives on a page, too.
	keysAPage = 100
	// maxPages ends a list whose end a server does not find: a million keys.
	maxPages = 10_000
)

// Keys goes through all keys, page by page. It ends with the first error, which comes
// with a zero key.
func (c *Client) Keys(ctx context.Context) iter.Seq2[adminapi.Key, error] {
	return func(yield func(adminapi.Key, error) bool) {
		for page := 1; ; page++ {
			answer, err := c.keys(ctx, page)
			if err != nil {
				yield(adminapi.Key{}, err)
				return
			}
			for i := range answer.Keys {
				if !yield(answer.Keys[i], nil) {
					return
				}
			}
			if page >= answer.TotalPages || len(answer.Keys) == 0 {
				return
			}
			if page == maxPages {
				yield(adminapi.Key{}, fmt.Errorf("the list of keys has more than %d pages", maxPages))
				return
			}
		}
	}
}

// keys gives a page of the list.
func (c *Client) keys(ctx context.Context, page int) (*adminapi.ListAnswer, error) {
	query := url.Values{"page": {strconv.Itoa(page)}, "size": {strconv.Itoa(keysAPage)}, "return_full_object": {"true"}}
	var answer adminapi.ListAnswer
	if err := c.Do(ctx, http.MethodGet, adminapi.KeyList+"?"+query.Encode(), nil, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// ListKeys gives all keys.
func (c *Client) ListKeys(ctx context.Context) ([]adminapi.Key, error) {
	keys := []adminapi.Key{}
	for key, err := range c.Keys(ctx) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// UpdateKey changes a key and gives what has become of it.
func (c *Client) UpdateKey(ctx context.Context, r adminapi.UpdateRequest) (*adminapi.Key, error) {
	return call[adminapi.Key](ctx, c, adminapi.KeyUpdate, r)
}

// RegenerateKey gives a key a new secret, which is in the answer and nowhere else.
func (c *Client) RegenerateKey(ctx context.Context, r adminapi.RegenerateRequest) (*adminapi.GenerateAnswer, error) {
	return call[adminapi.GenerateAnswer](ctx, c, adminapi.KeyRegenerate, r)
}

// BlockKey makes the gateway refuse a key until it is unblocked.
func (c *Client) BlockKey(ctx context.Context, key string) (*adminapi.Key, error) {
	return call[adminapi.Key](ctx, c, adminapi.KeyBlock, adminapi.KeyRequest{Key: key})
}

// UnblockKey takes a block off.
func (c *Client) UnblockKey(ctx context.Context, key string) (*adminapi.Key, error) {
	return call[adminapi.Key](ctx, c, adminapi.KeyUnblock, adminapi.KeyRequest{Key: key})
}

// DeleteKeys deletes keys for good, and gives those that were, as they were named.
func (c *Client) DeleteKeys(ctx context.Context, r adminapi.DeleteRequest) ([]string, error) {
	answer, err := call[adminapi.DeleteAnswer](ctx, c, adminapi.KeyDelete, r)
	if err != nil {
		return nil, err
	}
	return answer.Deleted, nil
}

// ImportKeys brings keys in by their hashes: all of them, or none.
func (c *Client) ImportKeys(ctx context.Context, r adminapi.ImportRequest) (*adminapi.ImportAnswer, error) {
	return call[adminapi.ImportAnswer](ctx, c, adminapi.KeyImport, r)
}

// call posts a request and reads the answer.
func call[Answer any](ctx context.Context, c *Client, path string, request any) (*Answer, error) {
	answer := new(Answer)
	if err := c.Do(ctx, http.MethodPost, path, request, answer); err != nil {
		return nil, err
	}
	return answer, nil
}
