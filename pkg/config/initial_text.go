package config

import (
	"slices"
	"strings"
)

// initialHead begins a first configuration. %s is its name.
const initialHead = `# Configuration of llmgw.
#
#   llmgw serve --config %[1]s
#
# "llmgw config check %[1]s" finds mistakes, "llmgw config show --effective" shows what
# is in force and why, "llmgw config schema" has every key.

# What clients can call. model_name is the name that they use; litellm_params.model is
# PROVIDER/MODEL, and os.environ/NAME is the environment variable NAME. A * stands for
# any text.
model_list:
  # Answers without any provider: for the first call, and for tests.
  - model_name: echo/hello
    litellm_params:
      model: echo/hello
`

// writeSections writes the sections behind the models, with their defaults as comments
// where nothing else is asked for.
func (o InitialOptions) writeSections(b *strings.Builder) {
	b.WriteString(`
general_settings:
  # Administers the gateway. Without it a key is made at the first start and kept in the
  # data directory; LLMGW_MASTER_KEY sets it, too.
  # master_key: os.environ/LLMGW_MASTER_KEY
  drain_timeout: 30s # how long open calls may go on when the gateway stops

# Further attempts when a call fails.
# router_settings:
#   num_retries: 2
#   cooldown_time: 5s
`)
	b.WriteString("\n# Limits for each key: requests and tokens a minute, requests a day, calls at one time.\n")
	limits := []string{"rate_limit_settings:", "  default_limits:"}
	if o.RPM == "" {
		writeComments(b, slices.Concat(limits, []string{"    rpm: 60"}, furtherLimits("")))
	} else {
		writeLines(b, slices.Concat(limits, []string{"    rpm: " + o.RPM}, furtherLimits("# ")))
	}
	b.WriteString("\n# A hard budget for everything, in dollars.\n")
	if o.Budget == "" {
		writeComments(b, budgetLines("100"))
	} else {
		writeLines(b, budgetLines(o.Budget))
	}
	b.WriteString(`
# Answers to equal requests, from memory.
# cache_settings:
#   type: memory
#   cache_ttl: 1h
`)
}

func furtherLimits(mark string) []string {
	return []string{"    " + mark + "tpm: 100000", "    " + mark + "rpd: 10000", "    " + mark + "max_parallel: 8"}
}

func budgetLines(limit string) []string {
	return []string{"security_settings:", "  max_budget: " + limit, "  budget_duration: monthly"}
}

func writeLines(b *strings.Builder, lines []string) {
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
}

func writeComments(b *strings.Builder, lines []string) {
	for _, line := range lines {
		b.WriteString("# " + line + "\n")
	}
}
