// Package tokens estimates how many tokens of input a conversation takes, for
// models whose provider does not count. The gateway is its caller: for
// count_tokens, and where a prompt is too long.
//
//	n := tokens.Count("gpt-4o", conversation)
//
// It is not for bills or budgets: those go by what providers report, and holds by
// the length of the body. It asks nobody and reads no file. The vocabularies of
// OpenAI, o200k_base and cl100k_base, are embedded (internal/generate; licence in
// LICENSE.tiktoken) and unpacked by the first count that needs them.
//
// # How texts are counted
//
// Texts of OpenAI's models are counted exactly up to 2 MiB: as tiktoken counts
// them, but for pieces of more than 256 bytes without an end. Longer
// conversations are sampled. All other models are counted with o200k_base and
// factors per family, since their vocabularies are not embedded; vendors put
// something of their own around messages and tools, which is added.
//
// Pictures go by the vendor's rule for their size, which is read from the header,
// or count as 1024 by 1024 pixels. Documents and sounds go by their bytes, which
// is crude: a page for 25 kB and a token of text for 25 bytes, a token of sound for
// 1 kB; what is elsewhere counts as five pages, or as 1000 tokens.
//
// # How near the counts come
//
// Recorded calls of Messages and chat completions, 2026-11: the deviation from
// the input tokens that the provider reported, without calls that run tools at the
// provider, refer to something elsewhere, or carry sound, and without two
// resellers that add prompts of their own (Venice, free models of OpenRouter).
//
//	              all calls           of 200 tokens or more
//	family        n   median    p90     n   median    p90
//	claude-3     18    4.8 %   14.0 %  11    4.4 %   14.0 %
//	claude-4.5   60    4.5 %   12.9 %  42    4.9 %   14.4 %
//	claude-4.7    2   10.5 %            1    0.0 %
//	deepseek     37    1.0 %   16.3 %  19    1.7 %   13.1 %
//	gemini       16   14.6 %   57.9 %   9   19.8 %   57.9 %
//	glm          10    1.7 %   30.0 %   2    6.4 %
//	gpt-4         7   10.6 %  195.0 %   0
//	gpt-4o       78    3.2 %   14.7 %  31    0.8 %   31.6 %
//	gpt-5        15    4.8 %    7.4 %   3    0.4 %
//	gpt-oss      22    2.0 %   10.1 %  11    2.5 %   13.7 %
//	grok         15   18.5 %   95.8 %  14   20.4 %   95.8 %
//	kimi         14    9.1 %   57.4 %   3    1.5 %
//	llama        19    6.6 %   70.3 %   9    6.6 %   69.9 %
//	mistral      41   11.6 %   40.9 %   6    6.7 %    8.2 %
//	other         2   65.6 %            1   65.6 %
//	qwen         31    0.7 %   16.3 %  11    4.9 %   16.3 %
//	qwen-3.5      9    0.3 %    5.3 %   5    1.1 %    5.9 %
//	sonar         4   12.5 %   22.2 %   0
//
// The numbers in family.go were fitted to these same calls, so other traffic will
// deviate more, most of all where n is small. Nearly all of the calls are short
// and English. For Claude's text factors there was more: 964 texts (code, JSON,
// prose, few in other scripts), counted in 2026-11 by a public reconstruction of
// its vocabularies (ctok 1.3.0), not by Anthropic. With 1.15 they deviate by 5.4 %
// (median) and 12.3 % (p90), with 1.55 for 4.7 and later by 5.2 % and 14.4 %: code
// is counted too low by about 10 % and 3 %, Russian by 20 %. For 4.7 and later no
// more than two recorded calls say the same.
package tokens
