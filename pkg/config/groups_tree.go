package config

// encodeTree writes the list of maps that fallbacks are read from.
func (l *Fallbacks) encodeTree() *node {
	n := &node{kind: listKind}
	for _, f := range *l {
		to := &node{kind: listKind}
		for _, group := range f.To {
			to.items = append(to.items, &node{kind: scalarKind, text: group, form: quoted})
		}
		n.items = append(n.items, &node{kind: objectKind, members: []member{{name: f.Group, value: to}}})
	}
	return n
}

// encodeTree writes the map that aliases are read from, each in its shorter form.
func (l *Aliases) encodeTree() *node {
	n := &node{kind: objectKind}
	for _, a := range *l {
		value := &node{kind: scalarKind, text: a.Group, form: quoted}
		if a.Hidden {
			value = &node{kind: objectKind, members: []member{
				{name: "model", value: value}, {name: "hidden", value: &node{kind: scalarKind, text: "true", form: boolean}},
			}}
		}
		n.members = append(n.members, member{name: a.Name, value: value})
	}
	return n
}
