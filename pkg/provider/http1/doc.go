// Package http1 is the lean way to vendors.
package http1
