package server

// RunOn is Run with the data's files on another file system than the system's.
var RunOn = runOn
