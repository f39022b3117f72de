package openai

import (
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

func (d *chatDecoder) tools(v []byte) error {
	return each(v, func(v []byte) error {
		t, err := d.tool(v)
		if err == nil {
			d.c.Tools = append(d.c.Tools, t)
		}
		return err
	})
}

// tool reads a function; whatever else there may be is kept as it is.
func (d *chatDecoder) tool(v []byte) (llm.Tool, error) {
	var t llm.Tool
	if !toplevel.IsObject(v) {
		return t, wrong("must be an object")
	}
	kind, _ := d.text(toplevel.Find(v, "type"))
	if kind != "" && kind != "function" {
		raw, err := rawOf(v)
		t.Foreign = &llm.Foreign{From: llm.OpenAI, Kind: kind, Raw: raw}
		return t, err
	}
	if mark := toplevel.Find(v, "cache_control"); mark != nil && !toplevel.IsNull(mark) {
		if err := d.mark(&t.Cache, mark); err != nil {
			return t, within("cache_control", err)
		}
	}
	function := toplevel.Find(v, "function")
	if function == nil {
		return t, within("function", wrong("is missing"))
	}
	return t, within("function", d.definition(&t, function))
}

// legacyFunctions reads what tools were called before there were tools.
func (d *chatDecoder) legacyFunctions(v []byte) error {
	return each(v, func(v []byte) error {
		var t llm.Tool
		err := d.definition(&t, v)
		if err == nil {
			d.c.Tools = append(d.c.Tools, t)
		}
		return err
	})
}

func (d *chatDecoder) definition(t *llm.Tool, v []byte) error {
	o, err := objectOf(v)
	if err != nil {
		return err
	}
	for o.Next() && err == nil {
		name := string(o.Name())
		switch name {
		case "name":
			err = d.textTo(&t.Name, o.Value())
		case "description":
			err = d.textTo(&t.Description, o.Value())
		case "parameters":
			t.Parameters, err = rawObject(o.Value())
		case "strict":
			var strict bool
			strict, err = flagOf(o.Value())
			t.Strict = &strict
		case "cache_control":
			err = d.mark(&t.Cache, o.Value())
		}
		err = within(name, err)
	}
	switch {
	case err != nil:
		return err
	case t.Name == "":
		return within("name", wrong("is missing"))
	}
	return o.Broken()
}

// keepChoice keeps a choice of tools until all tools are known.
func keepChoice(name string) memberReader {
	return func(d *chatDecoder, v []byte) error {
		d.choice, d.choiceName = v, name
		return nil
	}
}

var choiceModes = map[string]llm.ToolChoiceMode{
	"auto": llm.ToolAuto, "none": llm.ToolNone, "required": llm.ToolAny, "any": llm.ToolAny,
}

// toolChoice reads a mode, the name of a function, or the functions that are
// allowed. The legacy form is the name alone.
func (d *chatDecoder) toolChoice(v []byte) error {
	if toplevel.IsString(v) {
		return d.choiceMode(v)
	}
	o, err := objectOf(v)
	if err != nil {
		return wrong("must be a string or an object")
	}
	kind := ""
	var function, allowed, name []byte
	for o.Next() {
		switch string(o.Name()) {
		case "type":
			kind, _ = d.text(o.Value())
		case "function":
			function = o.Value()
		case "allowed_tools":
			allowed = o.Value()
		case "name":
			name = o.Value()
		}
	}
	switch {
	case o.Broken() != nil:
		return o.Broken()
	case kind == "allowed_tools":
		return within("allowed_tools", d.allowedTools(allowed))
	case kind != "" && kind != "function":
		return within("type", wrong(`must be "function" or "allowed_tools": the model cannot be made to use another kind of tool`))
	case function != nil:
		return within("function", d.namedTool(toplevel.Find(function, "name")))
	default:
		return d.namedTool(name)
	}
}

func (d *chatDecoder) choiceMode(v []byte) error {
	word, _ := d.text(v)
	mode, ok := choiceModes[word]
	if !ok {
		return wrong(`must be "none", "auto", "required" or the name of a function in an object`)
	}
	d.c.Choice = llm.ToolChoice{Mode: mode}
	return nil
}

func (d *chatDecoder) namedTool(v []byte) error {
	name, _ := d.text(v)
	if name == "" {
		return within("name", wrong("is missing"))
	}
	d.c.Choice = llm.ToolChoice{Mode: llm.ToolNamed, Name: name}
	return nil
}

// allowedTools leaves only the tools that are named.
func (d *chatDecoder) allowedTools(v []byte) error {
	if err := within("mode", d.choiceMode(toplevel.Find(v, "mode"))); err != nil {
		return err
	}
	var kept []llm.Tool
	err := each(toplevel.Find(v, "tools"), func(v []byte) error {
		name, ok := d.text(toplevel.Find(toplevel.Find(v, "function"), "name"))
		if !ok {
			return within("function.name", wrong("is missing"))
		}
		for i := range d.c.Tools {
			if d.c.Tools[i].Name == name {
				kept = append(kept, d.c.Tools[i])
				return nil
			}
		}
		return within("function.name", wrong("is none of the tools: "+name))
	})
	d.c.Tools = kept
	return within("tools", err)
}

// responseFormat reads how the text is to look. Some vendors take the schema
// outside of json_schema, or with json_object.
func (d *chatDecoder) responseFormat(v []byte) error {
	o, err := objectOf(v)
	if err != nil {
		return err
	}
	kind := ""
	f := llm.Format{Kind: llm.FormatJSON}
	for o.Next() && err == nil {
		name := string(o.Name())
		switch name {
		case "type":
			err = d.textTo(&kind, o.Value())
		case "json_schema":
			err = d.schema(&f, o.Value())
		case "schema":
			f.Schema, err = rawObject(o.Value())
		}
		err = within(name, err)
	}
	if f.Schema != nil {
		f.Kind = llm.FormatSchema
	}
	switch {
	case err != nil:
		return err
	case kind == "text":
		f = llm.Format{}
	case kind == "json_schema" && f.Schema == nil:
		return within("json_schema.schema", wrong("is missing"))
	case kind != "json_object" && kind != "json_schema":
		return within("type", wrong(`must be "text", "json_object" or "json_schema"`))
	}
	d.c.Format = f
	return o.Broken()
}

func (d *chatDecoder) schema(f *llm.Format, v []byte) error {
	o, err := objectOf(v)
	if err != nil {
		return err
	}
	for o.Next() && err == nil {
		name := string(o.Name())
		switch name {
		case "name":
			err = d.textTo(&f.Name, o.Value())
		case "description":
			err = d.textTo(&f.Description, o.Value())
		case "schema":
			f.Schema, err = rawObject(o.Value())
		case "strict":
			var strict bool
			strict, err = flagOf(o.Value())
			f.Strict = &strict
		}
		err = within(name, err)
	}
	if err != nil {
		return err
	}
	return o.Broken()
}
