module kzsync/test/diff/template

go 1.23.7
