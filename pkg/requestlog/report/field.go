package report

// field is a field of a line, in the order in which lines have them.
type field uint8

const (
	fieldTimestamp field = iota
	fieldRequestID
	fieldStatus
	fieldHTTPStatus
	fieldErrorType
	fieldError
	fieldEndpoint
	fieldDialect
	fieldModel
	fieldDeployment
	fieldProvider
	fieldUpstreamModel
	fieldStream
	fieldKeyID
	fieldKeyName
	fieldTeam
	fieldSessionID
	fieldUserAgent
	fieldClientIP
	fieldClientRequestID
	fieldDuration
	fieldTTFT
	fieldUpstreamMS
	fieldOverheadMS
	fieldInput
	fieldOutput
	fieldCacheRead
	fieldCacheWrite
	fieldCacheWrite1h
	fieldReasoning
	fieldQueries
	fieldEstimated
	fieldCost
	fieldPriceSource
	fieldCache
	fieldStopReason
	fieldUpstreamRequestID
	fieldAttempts
	numFields
)

// kind is what a field's value must be.
type kind uint8

const (
	kindText kind = iota
	kindTime
	kindInt   // a whole number
	kindCount // one that is not negative
	kindMillis
	kindBool
	kindMoney
	kindAttempts
)

// fields are the names and kinds of all fields.
var fields = [numFields]struct {
	name string
	kind kind
}{
	fieldTimestamp: {"timestamp", kindTime}, fieldRequestID: {"request_id", kindText}, fieldStatus: {"status", kindText},
	fieldHTTPStatus: {"http_status", kindInt}, fieldErrorType: {"error_type", kindText}, fieldError: {"error", kindText},
	fieldEndpoint: {"endpoint", kindText}, fieldDialect: {"dialect", kindText}, fieldModel: {"model", kindText},
	fieldDeployment: {"deployment", kindText}, fieldProvider: {"provider", kindText}, fieldUpstreamModel: {"upstream_model", kindText},
	fieldStream: {"stream", kindBool}, fieldKeyID: {"key_id", kindText}, fieldKeyName: {"key_name", kindText}, fieldTeam: {"team", kindText},
	fieldSessionID: {"session_id", kindText}, fieldUserAgent: {"user_agent", kindText}, fieldClientIP: {"client_ip", kindText},
	fieldClientRequestID: {"client_request_id", kindText}, fieldDuration: {"duration", kindMillis}, fieldTTFT: {"ttft", kindMillis},
	fieldUpstreamMS: {"upstream_ms", kindMillis}, fieldOverheadMS: {"overhead_ms", kindMillis}, fieldInput: {"input_tokens", kindCount},
	fieldOutput: {"output_tokens", kindCount}, fieldCacheRead: {"cache_read_tokens", kindCount}, fieldCacheWrite: {"cache_write_tokens", kindCount},
	fieldCacheWrite1h: {"cache_write_1h_tokens", kindCount}, fieldReasoning: {"reasoning_tokens", kindCount}, fieldQueries: {"queries", kindCount},
	fieldEstimated: {"usage_estimated", kindBool}, fieldCost: {"cost", kindMoney}, fieldPriceSource: {"price_source", kindText},
	fieldCache: {"cache", kindText}, fieldStopReason: {"stop_reason", kindText}, fieldUpstreamRequestID: {"upstream_request_id", kindText},
	fieldAttempts: {"attempts", kindAttempts},
}

// fieldNamed finds a field by its name; numFields where there is none.
func fieldNamed(name []byte) (field, bool) {
	for f := range fields {
		if string(name) == fields[f].name {
			return field(f), true
		}
	}
	return numFields, false
}

// maybeNext is how many fields of a line's order are tried before all are looked
// through: a line leaves out what does not apply.
const maybeNext = 4
