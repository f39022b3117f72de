package openai

// Quirks are the ways in which a vendor's requests differ from OpenAI's. The zero
// value is a vendor that does not differ. How answers differ needs no word here:
// they are read liberally, whoever sends them.
type Quirks struct {
	// Limit is the member that limits the output of a chat, for a vendor that takes
	// only one: "max_tokens" or "max_completion_tokens"; "" is the latter.
	Limit string `yaml:"limit,omitempty"`
	// SystemRole is the role of instructions: "system" (also ""), "developer", or
	// "user" for vendors without any.
	SystemRole string `yaml:"system_role,omitempty"`
	// Rename leads from OpenAI's name of a member to the vendor's. A vendor that has
	// top_k, which OpenAI has not, is told of here, with the same name on both sides.
	Rename map[string]string `yaml:"rename,omitempty"`
	// Drop are members that the vendor refuses: on the translated lane they are not
	// sent, on the native lane only with drop_params.
	Drop []string `yaml:"drop,omitempty"`
	// NoStreamOptions says that the vendor refuses stream_options; it sends usage
	// without being asked.
	NoStreamOptions bool `yaml:"no_stream_options,omitempty"`
	// ReplayReasoning is the member of an assistant's message in which the vendor
	// wants its reasoning back; "" where it must not come back.
	ReplayReasoning string `yaml:"replay_reasoning,omitempty"`
	// CacheControl says that parts and tools may carry Anthropic's cache_control.
	CacheControl bool `yaml:"cache_control,omitempty"`
	// ToolIDLength is how many letters and digits the id of a tool call must have; 0
	// takes any id.
	ToolIDLength int `yaml:"tool_id_length,omitempty"`
	// AnyTool is the vendor's word for a tool_choice that leaves only the choice of the
	// tool; "" is "required".
	AnyTool string `yaml:"any_tool,omitempty"`
	// NoStrict says that the vendor refuses the member strict of a function.
	NoStrict bool `yaml:"no_strict,omitempty"`
	// Thinking is how the vendor is told to think, where it knows no reasoning_effort:
	// "type" is thinking: {"type": "enabled"}, "flag" is enable_thinking: true.
	Thinking string `yaml:"thinking,omitempty"`
	// JoinText says that content which is only text must be a string.
	JoinText bool `yaml:"join_text,omitempty"`
	// PlainContent says that the content of a message must be a string: parts are
	// joined, and media refused.
	PlainContent bool `yaml:"plain_content,omitempty"`
	// FloatVectors says that embeddings come as lists of numbers only.
	FloatVectors bool `yaml:"float_vectors,omitempty"`
}
