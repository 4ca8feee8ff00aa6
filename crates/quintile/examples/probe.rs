use quintile::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let folder = std::path::Path::new(&args[2]);
    match args[1].as_str() {
        "import" => {
            let ws = Workspace::init(folder, &Default::default()).or_else(|_| Workspace::open(folder, &Default::default())).unwrap();
            let ask = ImportAsk { paths: args[3..].iter().map(Into::into).collect(), ..Default::default() };
            let start = t;
            let r = ws.import(&ask, &|p| if let Progress::Stage(s) = p { eprintln!("{:?} {s}", start.elapsed()) }).unwrap();
            eprintln!("{:?}", r.summary);
            eprintln!("{:?}", r.records);
        }
        _ => {
            let ws = Workspace::open(folder, &Default::default()).unwrap();
            let columns = args[3].split(',').map(str::to_owned).collect();
            let p = ws.profile(&ProfileAsk { columns, ..Default::default() }).unwrap();
            eprintln!("{:?} pass", t.elapsed());
            let out = std::fs::File::create(&args[4]).unwrap();
            let n = p.write(quintile::write::Format::Parquet, true, None, out).unwrap();
            eprintln!("{n}");
        }
    }
    eprintln!("{:?}", t.elapsed());
}
