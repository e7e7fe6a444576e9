@main struct Lamd { static func main() {} }
