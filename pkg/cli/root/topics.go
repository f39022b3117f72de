package root

import "github.com/spf13/cobra"

// topics are pages of help that belong to no command: commands that cannot be run.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodes},
		{Use: "environment", Short: "The variables that are read", Long: environment},
	}
}

const exitCodes = `Exit codes of llmgw:

  0    all went well
  1    a check failed, or an operation was refused
  2    the command line or the configuration is wrong
  3    the gateway or the database cannot be reached
  4    the key is not allowed to do this
  130  interrupted`

const environment = `Variables that llmgw reads. Flags win over them, they win over the configuration.

Where things are:

  LLMGW_CONFIG          the configuration file; without it ./llmgw.yaml, and others
                        (see 'llmgw serve --help')
  LLMGW_DATA_DIR        the folder of the state; without it $XDG_STATE_HOME/llmgw
  LLMGW_URL             the gateway that commands call: keys, team, validate
  LLMGW_KEY             the key that validate calls it with
  LLMGW_MASTER_KEY      the master key: of that gateway, and of the one that serve runs
  XDG_CONFIG_HOME, XDG_STATE_HOME, HOME
                        where the two folders are, as everywhere

The configuration:

  LLMGW_<PATH>          any single value, by its path in upper case with "_" between the
                        parts: LLMGW_GENERAL_SETTINGS_DATABASE_URL
  LITELLM_MASTER_KEY, DATABASE_URL, REDIS_URL, SLACK_WEBHOOK_URL
                        the same under the names that LiteLLM gives them
  ANTHROPIC_API_KEY, OPENAI_API_KEY, and so on
                        the vendors' credentials; 'llmgw providers' lists them
  ANTHROPIC_BASE_URL, OPENAI_BASE_URL, and so on
                        the vendors' addresses

The network:

  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                        the proxy of everything outgoing
  SSL_CERT_FILE, SSL_CERT_DIR
                        certificate authorities in place of the system's

The terminal:

  NO_COLOR              no colours, where it is not empty (https://no-color.org)
  CLICOLOR_FORCE        colours also where no terminal is; CLICOLOR=0 for none
  COLUMNS               the terminal's width
  LC_ALL, LC_CTYPE, LANG
                        symbols are ASCII where the locale is not UTF-8`
