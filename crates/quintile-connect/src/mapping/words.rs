//! What columns are called: the words by which a column is known, in the languages shops export in.

/// What a column can be, before it is known which record it belongs to.
pub(super) struct Concept {
    pub name: &'static str,
    pub values: Values,
    /// Names without case, spaces and signs.
    pub words: &'static [&'static str],
}

/// What its values must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    Id,
    Email,
    Phone,
    Time,
    Number,
    Text,
}

const fn concept(name: &'static str, values: Values, words: &'static [&'static str]) -> Concept {
    Concept { name, values, words }
}

/// All concepts. Where a word stands in two, the earlier is preferred.
pub(super) const CONCEPTS: &[Concept] = &[
    concept("refund_id", Values::Id, &["refundid", "refundnumber", "creditmemoid", "creditnoteid", "returnid"]),
    concept(
        "order_id",
        Values::Id,
        &[
            "orderid", "ordernumber", "orderno", "ordernum", "ordernr", "order", "ordername", "orderkey", "incrementid", "invoiceno", "invoiceid",
            "invoicenumber", "invoice", "transactionid", "transactionnumber", "transaction", "txnid", "receiptid", "receiptnumber", "receiptno",
            "saleid", "salesid", "purchaseid", "basketid", "bestellnummer", "bestellnr", "bestellid", "auftragsnummer", "rechnungsnummer",
            "numerocommande", "idcommande", "commande", "numeropedido", "numerodepedido", "idpedido", "pedido", "numeroordine", "idordine",
            "ordine", "bestelnummer", "ordrenummer", "numerzamowienia",
        ],
    ),
    concept(
        "customer_id",
        Values::Id,
        &[
            "customerid", "customernumber", "customerno", "customernr", "customer", "customerkey", "custid", "clientid", "client", "userid", "user",
            "buyerid", "memberid", "accountid", "shopperid", "contactid", "visitorid", "householdkey", "uid", "kundennummer", "kundennr",
            "kundenid", "kundeid", "kunde", "idclient", "numeroclient", "idcliente", "clienteid", "codigocliente", "cliente", "klantnummer",
            "klantid", "customername",
        ],
    ),
    concept(
        "email",
        Values::Email,
        &[
            "email", "emailaddress", "mail", "customeremail", "billingemail", "useremail", "buyeremail", "contactemail", "emailadresse", "courriel",
            "correo", "correoelectronico", "emailcliente",
        ],
    ),
    concept(
        "phone",
        Values::Phone,
        &["phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "customerphone", "billingphone", "telefon", "telefono", "telefonnummer"],
    ),
    concept("refund_at", Values::Time, &["refunddate", "refundedat", "refundcreatedat", "daterefunded", "returndate", "returnedat"]),
    concept(
        "at",
        Values::Time,
        &[
            "orderdate", "orderedat", "ordertime", "orderdatetime", "ordertimestamp", "orderpurchasetimestamp", "ordercreatedat", "orderplacedat",
            "placedat", "purchasedate", "purchasedat", "purchasetime", "transactiondate", "transactiontime", "transactiondt", "invoicedate",
            "saledate", "salesdate", "processedat", "createdat", "datecreatedgmt", "datecreated", "created", "createdtime", "date", "datetime",
            "timestamp", "ts", "time", "at", "dt", "eventtime", "day", "bestelldatum", "rechnungsdatum", "auftragsdatum", "datum", "datecommande",
            "fechapedido", "fecha", "dataordine", "data", "signupdate", "signedupat", "registeredat", "registrationdate", "joindate", "joinedat",
            "customersince", "membersince",
        ],
    ),
    concept("version", Values::Time, &["updatedat", "modifiedat", "datemodifiedgmt", "datemodified", "lastmodified", "lastupdated", "updated", "modified"]),
    concept("status", Values::Text, &["orderstatus", "status", "financialstatus", "paymentstatus", "bestellstatus", "statut", "estado", "stato"]),
    concept("currency", Values::Text, &["currency", "currencycode", "ordercurrency", "waehrung", "währung", "devise", "moneda", "valuta"]),
    concept(
        "order_total",
        Values::Number,
        &["ordertotal", "grandtotal", "ordervalue", "orderamount", "totalorderamount", "ordertotalamount", "orderrevenue", "totalordervalue"],
    ),
    concept(
        "total",
        Values::Number,
        &[
            "total", "totalprice", "totalamount", "amount", "revenue", "value", "totalvalue", "sales", "netrevenue", "amountpaid", "totalpaid",
            "paid", "payment", "paymentvalue", "spend", "spent", "dollarvalue", "monetary", "monetaryvalue", "gesamtbetrag", "gesamtsumme",
            "gesamt", "summe", "betrag", "umsatz", "montanttotal", "montant", "importetotal", "importe", "totale", "importo", "bedrag", "kwota",
        ],
    ),
    concept("line_amount", Values::Number, &["linetotal", "lineamount", "linevalue", "extendedprice", "itemtotal", "rowtotal", "linesales", "salesamount", "salesvalue", "linerevenue", "itemrevenue"]),
    concept("subtotal", Values::Number, &["subtotal", "ordersubtotal", "zwischensumme", "soustotal"]),
    concept("shipping", Values::Number, &["shipping", "shippingcost", "shippingtotal", "shippingprice", "shippingamount", "ordershippingamount", "postage", "deliverycost", "freight", "freightvalue", "versandkosten", "versand", "fraisdeport", "gastosdeenvio"]),
    concept("tax", Values::Number, &["tax", "taxes", "totaltax", "taxtotal", "taxamount", "vat", "mwst", "tva", "iva"]),
    concept("discount", Values::Number, &["discount", "discountamount", "discounttotal", "totaldiscount", "totaldiscounts", "linediscount", "itemdiscount", "lineitemdiscount", "rabatt", "remise", "descuento", "sconto", "korting"]),
    concept("refund", Values::Number, &["refund", "refunded", "refundamount", "refundedamount", "amountrefunded", "refundtotal", "totalrefunded", "orderrefundamount", "linerefund", "erstattung"]),
    concept("channel", Values::Text, &["channel", "saleschannel", "orderchannel", "source", "utmsource", "platform", "kanal", "canal"]),
    concept("discount_codes", Values::Text, &["discountcode", "discountcodes", "coupon", "coupons", "couponcode", "couponcodes", "promocode", "promotioncode", "voucher", "vouchercode", "gutschein", "gutscheincode"]),
    concept("tags", Values::Text, &["tags", "ordertags", "customertags"]),
    concept("first_name", Values::Text, &["firstname", "givenname", "billingfirstname", "customerfirstname", "vorname", "prenom", "prénom", "nombre", "nome", "voornaam"]),
    concept("last_name", Values::Text, &["lastname", "surname", "familyname", "billinglastname", "customerlastname", "nachname", "nom", "apellido", "apellidos", "cognome", "achternaam"]),
    concept("full_name", Values::Text, &["fullname", "customername", "billingname", "buyername", "clientname", "kundenname"]),
    concept("country", Values::Text, &["country", "countrycode", "billingcountry", "shippingcountry", "customercountry", "land", "pays", "pais", "país", "paese"]),
    concept("region", Values::Text, &["region", "state", "province", "billingstate", "billingprovince", "shippingstate", "customerstate", "bundesland", "provincia"]),
    concept("city", Values::Text, &["city", "town", "billingcity", "shippingcity", "customercity", "ort", "stadt", "ville", "ciudad", "citta", "città"]),
    concept("postcode", Values::Text, &["postcode", "postalcode", "zip", "zipcode", "billingpostcode", "billingzip", "plz", "postleitzahl", "codepostal", "codigopostal"]),
    concept("company", Values::Text, &["company", "companyname", "billingcompany", "firma", "societe", "empresa", "azienda"]),
    concept("line_id", Values::Id, &["lineid", "lineitemid", "orderlineid", "orderitemid", "lineno", "linenumber"]),
    concept(
        "product",
        Values::Id,
        &[
            "productid", "productkey", "productcode", "productsku", "sku", "itemsku", "lineitemsku", "variantsku", "stockcode", "itemid", "itemcode",
            "articleid", "articlenumber", "variantid", "upc", "ean", "asin", "partnumber", "productnumber", "product", "item", "article",
            "artikelnummer", "artikel", "produkt", "produit", "producto", "prodotto", "referencia", "reference",
        ],
    ),
    concept("title", Values::Text, &["producttitle", "productname", "itemname", "itemtitle", "lineitemname", "articlename", "title", "productdescription", "description", "bezeichnung", "designation", "descripcion", "name"]),
    concept("category", Values::Text, &["category", "productcategory", "productcategoryname", "categoryname", "itemcategory", "categories", "department", "productgroup", "warengruppe", "kategorie", "categorie", "catégorie", "categoria"]),
    concept("brand", Values::Text, &["brand", "brandname", "vendor", "manufacturer", "marke", "marque", "marca"]),
    concept("quantity", Values::Number, &["quantity", "qty", "quantityordered", "qtyordered", "itemquantity", "lineitemquantity", "orderquantity", "units", "unitssold", "itemssold", "numberofitems", "numberofcds", "pieces", "menge", "anzahl", "stueck", "stück", "quantite", "quantité", "cantidad", "quantita", "quantità", "aantal"]),
    concept("unit_price", Values::Number, &["unitprice", "priceperunit", "priceeach", "itemprice", "lineitemprice", "productprice", "sellingprice", "itemcost", "price", "einzelpreis", "stueckpreis", "stückpreis", "preis", "prixunitaire", "prix", "preciounitario", "precio", "prezzounitario", "prezzo", "prijs"]),
    concept("language", Values::Text, &["language", "locale", "customerlocale", "sprache", "langue", "idioma", "lingua"]),
    concept("email_consent", Values::Text, &["emailconsent", "acceptsmarketing", "acceptsemailmarketing", "emailmarketingconsent", "emailmarketing", "newsletter", "optin", "emailoptin", "subscribed"]),
    concept("sms_consent", Values::Text, &["smsconsent", "acceptssmsmarketing", "smsoptin", "smsmarketing"]),
    concept("account_status", Values::Text, &["accountstatus", "accountstate", "customerstatus"]),
    concept("product_type", Values::Text, &["producttype", "itemtype"]),
    concept("cost", Values::Number, &["cost", "costprice", "unitcost", "costperitem", "cogs", "costofgoods", "einkaufspreis", "ekpreis"]),
    concept("launched", Values::Time, &["launchdate", "launchedat", "launched", "publishedat", "releasedate", "availablefrom"]),
];

/// Names of sums over a customer: a file with one of them tells of customers, not of purchases.
pub(super) const SUMMARY_WORDS: [&str; 14] = [
    "numberoforders", "orderscount", "ordercount", "totalorders", "orders", "recency", "recencydays", "frequency", "totalspent", "totalspend",
    "lifetimevalue", "ltv", "transactioncount", "averageordervalue",
];

/// Words that tell that a time is not the time of an order.
pub(super) const OTHER_TIMES: [&str; 18] = [
    "recent", "last", "first", "birth", "updated", "modified", "visit", "ship", "deliver", "paid", "cancel", "refund", "expir", "approved", "due",
    "estimated", "login", "end",
];

/// A name without case, spaces and signs.
pub(super) fn bare(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Standing of an order by a word of its status, and whether it is cancelled.
pub(super) fn standing_of(status: &str) -> (&'static str, bool) {
    use quintile_model::records::standing;
    let status = status.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| status.contains(word));
    if has(&["cancel", "canceled", "annul", "storniert", "anulad"]) {
        (standing::COUNTS, true)
    } else if has(&["fail", "declin", "void", "expired", "denied", "rejected"]) {
        (standing::FAILED, false)
    } else if has(&["draft", "trash", "incomplete", "abandoned"]) {
        (standing::DRAFT, false)
    } else if has(&["pending", "on-hold", "on hold", "onhold", "awaiting payment", "unpaid", "payment review"]) {
        (standing::UNPAID, false)
    } else if status == "test" {
        (standing::TEST, false)
    } else {
        (standing::COUNTS, false)
    }
}
