package config

// The codes of problems: what kind of thing is wrong, in a word that stays the
// same while messages may be put better. docs/configuration.md lists them.
const (
	// CodeYAMLSyntax is text that is not valid YAML, or an anchor, tag or merge key that leads nowhere.
	CodeYAMLSyntax = "yaml-syntax"
	// CodeJSONSyntax is text that is not valid JSON.
	CodeJSONSyntax = "json-syntax"
	// CodeDuplicateKey is a key that stands in one map twice, or under two of its names.
	CodeDuplicateKey = "duplicate-key"
	// CodeUnknownKey is a key that nobody knows.
	CodeUnknownKey = "unknown-key"
	// CodeMissingKey is a key that is required and not set.
	CodeMissingKey = "missing-key"
	// CodeWrongType is a map, a list or a single value where another of these belongs.
	CodeWrongType = "wrong-type"
	// CodeEmptyItem is an item of a list, or an entry of a map, without a value.
	CodeEmptyItem = "empty-item"
	// CodeBadValue is a value that is not of its kind, or none of those that are allowed.
	CodeBadValue = "bad-value"
	// CodeBadDuration is a value that is no duration.
	CodeBadDuration = "bad-duration"
	// CodeBadPeriod is a value that is no period of a budget.
	CodeBadPeriod = "bad-period"
	// CodeBadURL is an address that cannot be used.
	CodeBadURL = "bad-url"
	// CodeOutOfRange is a number that is too small or too large.
	CodeOutOfRange = "out-of-range"
	// CodeLooseValue is a value that is understood and should be written otherwise.
	CodeLooseValue = "loose-value"
	// CodeUnsetVariable is a reference to an environment variable that is not set.
	CodeUnsetVariable = "unset-variable"
	// CodeBadReference is a reference that is not written right.
	CodeBadReference = "bad-reference"
	// CodeBadFile is a file that is named and cannot be read, or does not hold what it should.
	CodeBadFile = "bad-file"
	// CodeIncludeCycle is a file that includes itself, directly or by way of others.
	CodeIncludeCycle = "include-cycle"
	// CodeIncludeReplaces is a section of an included file that takes the place of another.
	CodeIncludeReplaces = "include-replaces"
	// CodeNotEffective is a key of the schema on which this version does not act yet.
	CodeNotEffective = "not-effective"
	// CodeNotImplemented is a key or value of LiteLLM's that this version does not have.
	CodeNotImplemented = "not-implemented"
	// CodeNoEffect is a setting that does nothing beside the others.
	CodeNoEffect = "no-effect"
	// CodeConflict is a setting that cannot stand beside another.
	CodeConflict = "conflict"
	// CodeUnknownProvider is a model whose provider is not known.
	CodeUnknownProvider = "unknown-provider"
	// CodeUnknownGroup is a name of a model that model_list does not have.
	CodeUnknownGroup = "unknown-group"
	// CodeUnknownAPIKey is a key of a client that security_settings.valid_api_keys does not have.
	CodeUnknownAPIKey = "unknown-api-key"
	// CodeUnknownCredential is a name that credential_list does not have.
	CodeUnknownCredential = "unknown-credential"
	// CodeUnknownModel is a base_model that the catalogue does not know.
	CodeUnknownModel = "unknown-model"
	// CodeDuplicateName is a name, id or key that is taken.
	CodeDuplicateName = "duplicate-name"
	// CodeNoModels is a configuration with which no model can be called.
	CodeNoModels = "no-models"
	// CodeNoCredential is a deployment without a credential.
	CodeNoCredential = "no-credential"
	// CodeBadSecret is a secret that cannot be sent.
	CodeBadSecret = "bad-secret"
	// CodeExampleSecret is a secret that is printed in a book.
	CodeExampleSecret = "example-secret"
	// CodeBadPrice is a price that is not whole, or an entry of a price file that cannot be used.
	CodeBadPrice = "bad-price"
	// CodeTooMany stands for problems beyond the number that is listed.
	CodeTooMany = "too-many"
)
