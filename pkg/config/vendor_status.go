package config

// VendorStatus is a vendor with what the environment says of it.
type VendorStatus struct {
	Vendor

	// CredentialVar is the variable that holds its credential; "" where none is set.
	CredentialVar string
	// Address is where calls to it go unless the configuration says otherwise; "" where
	// that is not known. AddressVar is the variable that says so, "" for its own.
	Address, AddressVar string
}

// Vendors lists all vendors that models can be served by, in the order in which they
// are listed to people. Nothing in it is a secret.
func Vendors(o Options) []VendorStatus {
	o = o.withDefaults()
	all := o.vendors()
	list := make([]VendorStatus, len(all))
	for i := range all {
		v := &all[i]
		s := VendorStatus{Vendor: *v, Address: o.ownBase(v)}
		s.CredentialVar, _ = o.firstEnv(v.KeyVars)
		if variable, base, problem := o.variableBase(v); base != "" && problem == "" {
			s.Address, s.AddressVar = base, variable
		}
		list[i] = s
	}
	return list
}
